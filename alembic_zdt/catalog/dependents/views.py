"""Views of this package that show a column, and are made again after its drop.

A view with the old name of a table shows each column that the table had when the view
was made.  PostgreSQL drops no column that a view shows.

https://www.postgresql.org/docs/current/catalog-pg-rewrite.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import bridge, lookup, rights
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.server_facts import ColumnQuestion
from alembic_zdt.steps import Precondition, RelationLock, Row

Views = tuple[QualifiedName, ...]


@dataclass(frozen=True)
class DependentViews(ColumnQuestion[Views]):
    """Which views with an old name of the table show the column?"""


@lookup.answer.register
def _(question: DependentViews, database: Database) -> Views:
    rows = database.rows(bridge.showing(question.table, question.column))
    return tuple(QualifiedName(name, schema) for name, schema in rows)


def locking(views: Iterable[QualifiedName]) -> Iterator[RelationLock]:
    """Yield a lock for each view.

    Take these before the table's lock: queries lock in that order.
    """
    for view in views:
        yield RelationLock(LockMode.ACCESS_EXCLUSIVE, view, kind="view")


def nothing_of_its_own(view: QualifiedName, table: QualifiedName) -> Precondition:
    """Refuse a view that has a trigger, a rule, or rights which its table lacks."""
    own = (
        "SELECT pg_catalog.format('trigger %I', t.tgname) FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {view.regclass} AND NOT t.tgisinternal UNION ALL"
        " SELECT pg_catalog.format('rule %I', r.rulename) FROM pg_catalog.pg_rewrite r"
        f" WHERE r.ev_class = {view.regclass} AND r.rulename <> '_RETURN' UNION ALL"
    )

    def found(rows: Sequence[Row]) -> ZdtError:
        return DependentObjectsError(
            f'other objects depend on the view "{view.label}" and would be lost',
            detail=f"Found: {'; '.join(str(row[0]) for row in rows)}.",
            hint=f"Make or GRANT the same on {table.sql}, or DROP or REVOKE it on "
            f"{view.sql}, then run the same command again.",
            table=view.label,
        )

    return Precondition(f"{own} {rights.only_on(view, table)}", found)


def standing_aside(
    views: Sequence[QualifiedName], table: QualifiedName, statements: Sequence[str]
) -> tuple[str, ...]:
    """Return the statements, with the views dropped before and created after them."""
    again = (statement for view in views for statement in bridge.creating(view, table))
    return (*(f"DROP VIEW {view.sql}" for view in views), *statements, *again)
