"""Errors about the types of the columns of a foreign key.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog.constraint import ForeignKeyShape
from alembic_zdt.errors import PreconditionError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Diagnostics, Explanation

_Pair = tuple[str, str, str, str]
_WIDTHS = {"smallint": 2, "integer": 4, "bigint": 8}


def refuse_narrow_columns(
    table: QualifiedName, shape: ForeignKeyShape, server: Server
) -> None:
    """Refuse a column that cannot hold every key that it refers to.

    Raises:
        PreconditionError: there is one.
    """
    for here, mine, there, theirs in _pairs(table, shape, server):
        if _WIDTHS.get(mine, 8) >= _WIDTHS.get(theirs, 0):
            continue
        detail = f"Keys beyond the range of {mine} could never be referred to."
        raise _differ(table, shape, (here, mine, there, theirs), detail)


def other_types(
    table: QualifiedName, shape: ForeignKeyShape, server: Server
) -> Explanation:
    """Return the explanation for columns that the server cannot compare."""

    def explained(found: Diagnostics) -> ZdtError:
        pairs = list(_pairs(table, shape, server))
        named = (pair for pair in pairs if f'"{pair[0]}"' in found.detail)
        detail = "PostgreSQL cannot compare the two for a foreign key."
        return _differ(table, shape, next(named, pairs[0]), detail)

    return explained


def _differ(
    table: QualifiedName, shape: ForeignKeyShape, pair: _Pair, detail: str
) -> PreconditionError:
    here, mine, there, theirs = pair
    return PreconditionError(
        f'column "{table.label}.{here}" is {mine}, but it refers to '
        f'"{shape.referent.label}.{there}", which is {theirs}',
        detail=detail,
        hint=f"Change the type of the child's column to {theirs} first.",
        column=here,
    )


def _pairs(
    table: QualifiedName, shape: ForeignKeyShape, server: Server
) -> Iterator[_Pair]:
    child, parent = (server.table(each).columns for each in (table, shape.referent))
    for here, there in zip(shape.columns, shape.referent_columns, strict=True):
        yield here, child[here].type, there, parent[there].type
