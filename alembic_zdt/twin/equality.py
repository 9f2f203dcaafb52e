"""When two values count as the same.

``IS NOT DISTINCT FROM`` asks the type, and some types call values equal that are not
the same: ``1.0`` and ``1.00``, ``A`` and ``a`` of a citext, ``0`` and ``-0``.  A twin
that is only equal would lose that difference, so those types are compared by their
bytes.  https://www.postgresql.org/docs/current/functions-comparisons.html
"""

from __future__ import annotations

from alembic_zdt.catalog.column_copy import ColumnCopy

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
    """Whether equal values of the column are the same."""
    return column.is_deterministic and column.type_name in _BYTE_EXACT_TYPES


def is_builtin(column: ColumnCopy) -> bool:
    """Whether the type of the column is one of PostgreSQL's own."""
    return column.type_name not in ("", _ENUM)


def same(left: str, right: str, *, byte_exact: bool) -> str:
    """The condition that two SQL expressions of one type are the same, NULLs too."""
    if byte_exact:
        return f"{left} IS NOT DISTINCT FROM {right}"
    return f"pg_catalog.record_image_eq(ROW({left}), ROW({right}))"
