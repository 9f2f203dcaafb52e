"""CHECK constraints that belong to a type, such as Boolean or Enum."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.operations.calls.sql_text import DIALECT


def is_of_type(constraint: Any) -> bool:
    """Check whether the constraint is a CHECK that belongs to a column's type."""
    return isinstance(constraint, CheckConstraint) and bool(constraint._type_bound)  # noqa: SLF001


def is_created(constraint: Any) -> bool:
    """Check whether SQLAlchemy creates the constraint on PostgreSQL.

    A type that PostgreSQL has natively needs no CHECK.
    """
    return contexts.is_created(constraint, DIALECT)
