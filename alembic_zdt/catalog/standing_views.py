"""Views of ours that show a column: they must stand aside when it is dropped.

A view with the old name of a table shows each column that the table had when it was
made, and PostgreSQL drops no column that a view shows.

https://www.postgresql.org/docs/current/catalog-pg-rewrite.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import bridge, survey
from alembic_zdt.catalog.database import Database
from alembic_zdt.facts import Question
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock

Views = tuple[QualifiedName, ...]


@dataclass(frozen=True)
class StandingViews(Question[Views]):
    """Which views with an old name of the table show the column?"""

    table: QualifiedName
    column: str


@survey.answer.register
def _(question: StandingViews, database: Database) -> Views:
    rows = database.rows(bridge.showing(question.table, question.column))
    return tuple(QualifiedName(name, schema) for name, schema in rows)


def locking(views: Iterable[QualifiedName]) -> Iterator[RelationLock]:
    """The locks on views, which come before that on the table, as in their queries."""
    for view in views:
        yield RelationLock(LockMode.ACCESS_EXCLUSIVE, view, kind="view")


def standing_aside(
    views: Sequence[QualifiedName], table: QualifiedName, statements: Sequence[str]
) -> tuple[str, ...]:
    """The statements, while the views are not there; then they are made anew."""
    again = (statement for view in views for statement in bridge.creating(view, table))
    return (*(f"DROP VIEW {view.sql}" for view in views), *statements, *again)
