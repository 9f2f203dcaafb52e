"""The columns that the code which runs during a revision names.

Old code runs until the contract: it names the columns that were there before the range.
From then on only new code runs, which names the columns that the contract leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase, phase_of
from alembic_zdt.rehearsal.table_shape import shapes

Columns = Mapping[QualifiedName, frozenset[str]]


def columns_in(connection: Connection) -> Columns:
    """Return the names of the columns of each table."""
    return {
        table.name: frozenset(column.name for column in table.columns)
        for table in shapes(Database(connection)).values()
    }


def on_the_way_up(
    revisions: Sequence[Any], columns: Sequence[Columns]
) -> Iterator[Columns]:
    """Yield the columns for each upgrade.

    Args:
        revisions: the revisions of the range.
        columns: the columns before the first one, and after each of them.
    """
    code = columns[0]
    for place, revision in enumerate(revisions):
        before, after = columns[place], columns[place + 1]
        if phase_of(revision) is Phase.CONTRACT:
            yield _common(before, after)
            code = after
        else:
            yield _both(before, code)


def on_the_way_down(columns: Sequence[Columns]) -> Iterator[Columns]:
    """Yield the columns for each downgrade, the last revision first."""
    for place in reversed(range(len(columns) - 1)):
        yield _common(columns[place + 1], columns[place])


def _both(before: Columns, code: Columns) -> Columns:
    return {name: names & code.get(name, frozenset()) for name, names in before.items()}


def _common(before: Columns, after: Columns) -> Columns:
    return {
        name: _left(names, after.get(name, frozenset()))
        for name, names in before.items()
    }


def _left(before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """Return the columns of a table that code names before and after.

    If one comes as another one goes, no code can run both before and after.
    """
    is_replaced = after - before and before - after
    return before if is_replaced else before & after
