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


def disabled(prefix: str, table: QualifiedName) -> str:
    """Build the query for a trigger that does not always fire, quoted.

    Args:
        prefix: of its name.
        table: the table.
    """
    return (
        "SELECT pg_catalog.quote_ident(t.tgname) FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname ~ '^{prefix}_'"
        " AND t.tgenabled <> 'A' ORDER BY 1 LIMIT 1"
    )
