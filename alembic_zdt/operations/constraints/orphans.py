"""Rows that refer to missing rows, searched before a foreign key is added.

The search needs columns of builtin types.  For another type only the server knows which
operator named ``=`` the foreign key will use.  There ``VALIDATE`` finds the rows.
https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from alembic_zdt.catalog.constraint import ForeignKeyShape
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.constraints.validation import LOOK_SECONDS
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row

_EXAMPLES = 3
# Types with an operator = between any two of them, which a foreign key may use.
_COMPARABLE = (
    {"bigint", "integer", "smallint", "numeric"},
    {"character varying", "text", "name"},
    {"double precision", "real"},
    {"date", "timestamp with time zone", "timestamp without time zone"},
    {"cidr", "inet"},
)
_MODIFIERS = re.compile(r"\([^()]*+\)")
_BUILTIN = frozenset(
    {
        "bigint",
        "boolean",
        "bytea",
        "character",
        "character varying",
        "cidr",
        "date",
        "double precision",
        "inet",
        "integer",
        "interval",
        "macaddr",
        "name",
        "numeric",
        "oid",
        "real",
        "smallint",
        "text",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
        "uuid",
    }
)


def no_orphans(
    child: QualifiedName,
    of: QualifiedName,
    shape: ForeignKeyShape,
    server: Server,
    error: Callable[[Sequence[Row]], ZdtError],
) -> Iterator[Precondition]:
    """Refuse rows of *child* that refer to missing rows, if all types are known.

    Args:
        child: the table, or one of its partitions.
        of: the table whose columns are known.
        shape: the foreign key.
        server: the answers of the server, with the types of the columns.
        error: a function that builds the error from the rows that are found.
    """
    if not _are_builtin(server, of, shape.columns):
        return
    if not _are_builtin(server, shape.referent, shape.referent_columns):
        return
    pairs = tuple(zip(shape.columns, shape.referent_columns, strict=True))
    if not all(_are_comparable(server, of, shape.referent, *pair) for pair in pairs):
        return
    same = " AND ".join(f"p.{quote(there)} = c.{quote(here)}" for here, there in pairs)
    filled = " AND ".join(f"c.{quote(here)} IS NOT NULL" for here, _ in pairs)
    shown = ", ".join(f"c.{quote(here)}::text" for here, _ in pairs)
    wrong = (
        f"SELECT {shown} FROM {child.sql} c WHERE {filled} AND NOT EXISTS"
        f" (SELECT FROM {shape.referent.sql} p WHERE {same}) LIMIT {_EXAMPLES}"
    )
    yield Precondition(wrong, error, max_seconds=LOOK_SECONDS)


def _are_builtin(server: Server, table: QualifiedName, columns: Iterable[str]) -> bool:
    known = server.table(table).columns
    return all(
        name in known and _MODIFIERS.sub("", known[name].type) in _BUILTIN
        for name in columns
    )


def _are_comparable(
    server: Server, child: QualifiedName, parent: QualifiedName, here: str, there: str
) -> bool:
    """Check whether the search query can compare the two columns."""
    columns = (server.table(child).columns[here], server.table(parent).columns[there])
    types = {_MODIFIERS.sub("", column.type) for column in columns}
    return len(types) == 1 or any(types <= alike for alike in _COMPARABLE)
