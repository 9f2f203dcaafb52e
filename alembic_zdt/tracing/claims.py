"""Locks that a step took although it does not say so.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement

Trees = Mapping[QualifiedName, Collection[QualifiedName]]

_ANCESTORS = """
WITH RECURSIVE above AS (
    SELECT i.inhrelid AS child, i.inhparent AS parent FROM pg_inherits i
    UNION SELECT above.child, i.inhparent FROM above
    JOIN pg_inherits i ON i.inhrelid = above.parent
)
SELECT c.relname::text, n.nspname::text, p.relname::text, m.nspname::text FROM above
JOIN pg_class c ON c.oid = above.child JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = above.parent JOIN pg_namespace m ON m.oid = p.relnamespace
"""


@dataclass(frozen=True)
class Undeclared:
    """A lock that blocks the application, of which its step says nothing."""

    statement: TracedStatement
    lock: SeenLock

    def __str__(self) -> str:
        step = self.statement.step
        purpose = "" if step is None else step.purpose
        lock = f"{self.lock.mode.value} on {self.lock.relation.sql}"
        return f'the step "{purpose}" took {lock}, which it does not declare'


def trees(connection: Connection) -> Trees:
    """Return the ancestors of each partition and child table."""
    found: dict[QualifiedName, set[QualifiedName]] = {}
    for name, schema, other, other_schema in Database(connection).rows(_ANCESTORS):
        child, parent = QualifiedName(name, schema), QualifiedName(other, other_schema)
        found.setdefault(child, set()).add(parent)
    return found


def undeclared(
    statements: Sequence[TracedStatement],
    above: Trees,
    own_tables: Collection[str] = (),
) -> Iterator[Undeclared]:
    """Yield the locks of steps that are stronger than the step says.

    Args:
        statements: the statements of a run.
        above: the ancestors of partitions.
        own_tables: names of tables that the application does not use.
    """
    for statement in statements:
        if statement.step is None:
            continue
        for lock in statement.locks:
            claims = statement.step.locks
            is_ours = lock.table.name in own_tables
            if is_ours or not lock.mode.stalls_application:
                continue
            if not any(_covers(each, lock, above) for each in claims):
                yield Undeclared(statement, lock)


def _covers(claim: RelationLock, lock: SeenLock, above: Trees) -> bool:
    names = {lock.relation, lock.table}
    if claim.tree:
        names |= {other for name in (*names,) for other in above.get(name, ())}
    is_as_strong = lock.mode.conflicts <= claim.mode.conflicts
    return is_as_strong and any(_is_meant(claim.name, name) for name in names)


def _is_meant(claimed: QualifiedName, name: QualifiedName) -> bool:
    return claimed.name == name.name and claimed.schema in (None, name.schema)
