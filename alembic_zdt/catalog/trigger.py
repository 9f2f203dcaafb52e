"""Triggers in the catalog.

https://www.postgresql.org/docs/current/catalog-pg-trigger.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName, literal


def exists(trigger: str, table: QualifiedName) -> str:
    """The condition that the table has the trigger."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)})"
    )


def schema_of_function(trigger: str, table: QualifiedName) -> str:
    """The query for the schema of a trigger's function, quoted."""
    return (
        "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)}"
    )
