"""Conditions under which two values count as the same.

Some types call values equal that are not the same: ``1.0`` and ``1.00``, ``A`` and
``a`` of a citext, ``0`` and ``-0``.  A twin that is only equal would lose that
difference.  So values of those types are compared by their bytes.

The operator is named with its schema.  ``IS NOT DISTINCT FROM`` searches the
search_path for an ``=``.  For ``varchar`` it prefers one in ``public`` to PostgreSQL's
own.
https://www.postgresql.org/docs/current/typeconv-oper.html
"""

from __future__ import annotations

import re

from alembic_zdt.catalog.column_copy import ColumnCopy

_WORD = re.compile(r"[^a-z0-9_]")
# SQL has a grammar for these types, so PostgreSQL searches no schema for them.
_GRAMMAR = frozenset(
    """
    bigint bit boolean char character dec decimal double float int integer interval
    national nchar numeric real smallint time timestamp varchar
    """.split()  # noqa: SIM905  # one word a line would fill the file
)
# Other builtin types that SQLAlchemy writes.
_PLAIN_NAMES = frozenset(
    """
    bytea cidr date daterange datemultirange inet int4multirange int4range
    int8multirange int8range json jsonb macaddr macaddr8 money nummultirange numrange
    oid regclass text tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector
    uuid
    """.split()  # noqa: SIM905  # as above
)
_ENUM = "oid"  # what an enum is stored as, see ColumnCopy
_BYTE_EXACT_TYPES = (
    "bool",
    "bytea",
    "date",
    "int2",
    "int4",
    "int8",
    "oid",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "varchar",
)


def is_byte_exact(column: ColumnCopy) -> bool:
    """Check whether equal values of the column have the same bytes."""
    return column.is_deterministic and column.type_name in _BYTE_EXACT_TYPES


def is_builtin(column: ColumnCopy) -> bool:
    """Check whether the type of the column is one of PostgreSQL's own."""
    return column.type_name not in ("", _ENUM)


def is_known(type_: str) -> bool:
    """Check whether SQL for a type can only mean one of PostgreSQL's own."""
    name = _first_word(type_)
    return name in _GRAMMAR or name in _PLAIN_NAMES


def pinned(type_: str) -> str:
    """Return SQL for a builtin type that means the same with any search_path."""
    if _first_word(type_) in _GRAMMAR or type_.startswith("pg_catalog."):
        return type_
    return f"pg_catalog.{type_}"


def _first_word(type_: str) -> str:
    return _WORD.split(type_.lower(), maxsplit=1)[0]


def same(left: str, right: str, *, byte_exact: bool) -> str:
    """Return SQL that is true if two expressions are the same, NULLs included."""
    if byte_exact:
        both_null = f"{left} IS NULL AND {right} IS NULL"
        return f"coalesce({left} OPERATOR(pg_catalog.=) {right}, {both_null})"
    return f"pg_catalog.record_image_eq(ROW({left}), ROW({right}))"
