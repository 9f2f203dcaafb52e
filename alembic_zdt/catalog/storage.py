"""The pages of a table, of its partitions and of its children.

https://www.postgresql.org/docs/current/storage-page-layout.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import partition
from alembic_zdt.catalog.domains import base_type
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal, quote


@dataclass(frozen=True)
class Store:
    """A table that has rows of its own.

    Attributes:
        oid: the oid of the table.
        name: the qualified name.
        kind: ``pg_class.relkind``: r table, f foreign table.
        access_method: ``heap``, or the access method of an extension.
        pages: its size in pages when it was read.
    """

    oid: int
    name: QualifiedName
    kind: str
    access_method: str = "heap"
    pages: int = 0

    @classmethod
    def of(cls, table: QualifiedName) -> Store:
        """Return the store of a table without asking the server."""
        return cls(0, table, "r")


@dataclass(frozen=True)
class KeyColumn:
    """A column of a key.

    Attributes:
        name: the column.
        type: the type, as it is written in a cast.
        operators: the schema of the operators that sort values of the type.
    """

    name: str
    type: str
    operators: str = "pg_catalog"


_WORD = re.compile(r"\w+")
_USUAL_ROWS_PER_PAGE = 50.0
# NULL for a table that another session has just dropped.
_PAGES = (
    "coalesce(pg_catalog.pg_relation_size(c.oid), 0)"
    " / pg_catalog.current_setting('block_size')::int"
)


def stores(database: Database, table: QualifiedName) -> list[Store]:
    """Return the table, its partitions and its children, if they store rows."""
    rows = database.rows(
        f"{partition.tree(table)}"
        " SELECT DISTINCT c.oid::bigint, c.relname::text, n.nspname::text,"
        " c.relkind::text, coalesce(a.amname::text, ''),"
        f" CASE WHEN c.relkind = 'f' THEN 0 ELSE {_PAGES} END"
        " FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam"
        " WHERE c.relkind IN ('r', 'f') ORDER BY 3, 2"
    )
    return [
        Store(oid, QualifiedName(name, schema), kind, method, int(pages))
        for oid, name, schema, kind, method, pages in rows
    ]


def store(database: Database, oid: int, table: QualifiedName) -> Store | None:
    """Return the store with this oid, None if it is no part of *table* any more."""
    rows = database.rows(
        f"{partition.tree(table)}"
        " SELECT c.relname::text, n.nspname::text, c.relkind::text,"
        f" coalesce(a.amname::text, ''), {_PAGES} FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam"
        f" WHERE c.oid = {oid} AND c.relkind = 'r' AND c.oid IN (SELECT oid FROM tree)"
    )
    if not rows:
        return None
    name, schema, kind, method, pages = rows[0]
    return Store(oid, QualifiedName(name, schema), kind, method, int(pages))


def indexes_with(database: Database, oid: int, columns: Sequence[str]) -> list[str]:
    """Return the indexes that an update of *columns* changes, so that it is never HOT.

    https://www.postgresql.org/docs/current/storage-hot.html
    """
    return [name for (name,) in database.rows(query_indexes_with(str(oid), columns))]


def query_indexes_with(relation: str, columns: Sequence[str]) -> str:
    """Return the query of :func:`indexes_with`, given SQL for the table's oid."""
    wanted = ", ".join(literal(column) for column in columns)
    # An index depends on each column that it, or its condition, names; on a column of a
    # constraint only the constraint does.  BRIN does not count from 16 on.
    return (
        "SELECT DISTINCT x.relname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
        " JOIN pg_catalog.pg_am m ON m.oid = x.relam"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid"
        f" WHERE i.indrelid = {relation} AND a.attname IN ({wanted})"
        " AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid"
        " AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum))"
        " AND (m.amname <> 'brin'"
        " OR pg_catalog.current_setting('server_version_num')::int < 160000)"
        " ORDER BY 1"
    )


def unique_key(
    database: Database, oid: int, columns: Sequence[str]
) -> tuple[KeyColumn, ...] | None:
    """Return the columns with their types, None unless they are a key of the table.

    That needs a unique index on just these columns, all of them NOT NULL in each row.
    """
    wanted = ", ".join(literal(column) for column in columns)
    found = database.holds(
        "EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indisunique AND i.indisvalid"
        f" AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indrelid = {oid}"
        " AND (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.n)"
        " FROM pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1])"
        " WITH ORDINALITY AS k (attnum, n) JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = k.attnum)"
        f" = ARRAY[{wanted}]"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = i.indrelid"
        " AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) AND (NOT a.attnotnull"
        " OR EXISTS (SELECT FROM pg_catalog.pg_constraint n WHERE n.contype = 'n'"
        " AND n.conrelid = a.attrelid AND n.conkey = ARRAY[a.attnum]"
        " AND NOT n.convalidated))))"
    )
    if not found:
        return None
    types = _types(database, oid)
    return tuple(KeyColumn(column, *types[column]) for column in columns)


def primary_key(database: Database, oid: int) -> tuple[KeyColumn, ...]:
    """Return the columns of the primary key, in its order, empty without one."""
    rows = database.rows(
        "SELECT a.attname::text FROM pg_catalog.pg_index i,"
        " pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)"
        " JOIN pg_catalog.pg_attribute a ON a.attnum = k.attnum"
        f" WHERE i.indrelid = {oid} AND a.attrelid = {oid} AND i.indisprimary"
        " AND k.n <= i.indnkeyatts ORDER BY k.n"
    )
    types = _types(database, oid)
    return tuple(KeyColumn(name, *types[name]) for (name,) in rows)


# ORDER BY uses the default operator class of the type, not the search_path.  A type
# without one of its own has that of a builtin type.
_OPERATORS = (
    "coalesce((SELECT n.nspname::text FROM pg_catalog.pg_opclass c"
    " JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'"
    " JOIN pg_catalog.pg_amop p ON p.amopfamily = c.opcfamily AND p.amopstrategy = 5"
    " AND p.amoplefttype = c.opcintype AND p.amoprighttype = c.opcintype"
    " JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr"
    " JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace"
    f" WHERE c.opcdefault AND c.opcintype = {base_type('a.atttypid')}),"
    " 'pg_catalog')"
)


def _types(database: Database, oid: int) -> dict[str, tuple[str, str]]:
    rows = database.rows(
        "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),"
        f" {_OPERATORS} FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def query_operators(relation: str, columns: Sequence[str]) -> str:
    """Return the query for the schemas whose operators sort these columns.

    Args:
        relation: SQL for the oid of the table.
        columns: the columns of a key.
    """
    wanted = ", ".join(literal(column) for column in columns)
    return (
        f"SELECT {_OPERATORS} FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {relation} AND a.attname IN ({wanted})"
    )


def as_row(columns: Sequence[KeyColumn], prefix: str = "") -> str:
    """Return the columns as a row constructor: ``(t.a, t.b)``."""
    return "(" + ", ".join(f"{prefix}{quote(column.name)}" for column in columns) + ")"


def sorting(columns: Sequence[KeyColumn], operator: str) -> str:
    """Return an operator with its schema, to compare rows as ``ORDER BY`` does.

    Where the columns have operators in several schemas, no name fits all of them.
    Then the session's ``search_path`` decides, as for the user's own queries.
    """
    schemas = {column.operators for column in columns}
    if len(schemas) > 1:
        return operator
    return f"OPERATOR({quote(schemas.pop())}.{operator})"


def rows_per_page(database: Database, oid: int) -> float:
    """Return how many rows a page has on average, by the statistics."""
    found = database.value(
        "SELECT (reltuples / nullif(relpages, 0))::numeric FROM pg_catalog.pg_class"
        f" WHERE oid = {oid}"
    )
    return max(1.0, float(found or _USUAL_ROWS_PER_PAGE))


def calls_volatile(database: Database, expressions: Sequence[str]) -> bool:
    """Check whether an expression may give another value each time.

    The answer is True if that is unknown: a subquery could hide a function.  Every
    function counts whose name occurs in the text.
    https://www.postgresql.org/docs/current/xfunc-volatility.html
    """
    words = {word.lower() for text in expressions for word in _WORD.findall(text)}
    if "select" in words:
        return True
    wanted = ", ".join(literal(word) for word in sorted(words)) or "NULL"
    return database.holds(
        "EXISTS (SELECT FROM pg_catalog.pg_proc WHERE provolatile = 'v'"
        f" AND pg_catalog.lower(proname::text) IN ({wanted}))"
    )
