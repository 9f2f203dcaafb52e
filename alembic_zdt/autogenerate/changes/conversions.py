"""Conversions between types that PostgreSQL has no cast for.

https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

from typing import Any

from alembic.operations import ops
from sqlalchemy import Enum
from sqlalchemy.exc import DBAPIError

from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.connection.driver_errors import diagnostics
from alembic_zdt.names import literal, quote
from alembic_zdt.operations.columns.column_types import SqlType

_CANNOT_COERCE = "42846"


def indirect(op: ops.AlterColumnOp, context: SchemaContext) -> tuple[str, str] | None:
    """Return expressions for both directions, None where a cast is enough."""
    old: Any = op.existing_type
    new: Any = op.modify_type
    if old is None or new is None:
        return None
    column = quote(op.column_name)
    if isinstance(old, Enum) and isinstance(new, Enum):
        return _labels(column, old, new), _labels(column, new, old)
    first, last = (SqlType.of(type_, "type_").cast for type_ in (old, new))
    if _has_cast(first, last, context):
        return None
    between = "integer" if "BOOLEAN" in (first, last) else "text"
    return f"{column}::{between}::{last}", f"{column}::{between}::{first}"


def _labels(column: str, old: Enum, new: Enum) -> str:
    """Return the expression that converts the labels that both types have."""
    type_ = SqlType.of(new, "type_").cast
    cases = "".join(
        f" WHEN {literal(label)} THEN {literal(label)}::{type_}"
        for label in old.enums
        if label in new.enums
    )
    return f"CASE {column}{cases} END"


def _has_cast(old: str, new: str, context: SchemaContext) -> bool:
    """Check whether PostgreSQL has a cast, as far as the database can be asked."""
    if context.database is None:
        return True
    asked = f"SELECT CAST(CAST(NULL AS {old}) AS {new})"
    try:
        context.database.rows(asked, as_written=True)
    except DBAPIError as error:
        return diagnostics(error).sqlstate != _CANNOT_COERCE
    return True
