"""Enum types in the catalog.

https://www.postgresql.org/docs/current/catalog-pg-enum.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName, literal


def regtype(enum: QualifiedName) -> str:
    """An SQL expression for the type's oid, NULL when there is no such type."""
    return f"pg_catalog.to_regtype({literal(enum.sql)})"


def has_value(enum: QualifiedName, value: str) -> str:
    """The condition that the enum has that value."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_enum e"
        f" WHERE e.enumtypid = {regtype(enum)} AND e.enumlabel = {literal(value)})"
    )
