"""Locks that a step took and does not declare.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock
from alembic_zdt.tracing.partition_trees import Trees
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement


@dataclass(frozen=True)
class Undeclared:
    """A lock that blocks the application, and that its step does not declare."""

    statement: TracedStatement
    lock: SeenLock

    def __str__(self) -> str:
        step = self.statement.step
        purpose = "" if step is None else step.purpose
        lock = f"{self.lock.mode.value} on {self.lock.relation.sql}"
        return f'the step "{purpose}" took {lock}, which it does not declare'


def undeclared(
    statements: Sequence[TracedStatement],
    above: Trees,
    own_tables: Collection[str] = (),
) -> Iterator[Undeclared]:
    """Yield the locks that block the application and that no step declares.

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
