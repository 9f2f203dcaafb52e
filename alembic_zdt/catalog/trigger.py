"""Triggers in the catalog.

https://www.postgresql.org/docs/current/catalog-pg-trigger.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.names import QualifiedName, literal


def exists(trigger: str, table: QualifiedName) -> str:
    """The condition that the table has the trigger."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)})"
    )


def fires_always(trigger: str, table: QualifiedName) -> str:
    """Return the condition that it fires in every session, and in each partition."""
    return (
        f"({exists(trigger, table)} AND NOT {_exists_but_not_always(trigger, table)})"
    )


def _exists_but_not_always(trigger: str, table: QualifiedName) -> str:
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgname = {literal(trigger)} AND t.tgenabled <> 'A'"
        f" AND (t.tgrelid = {table.regclass} OR t.tgrelid IN (SELECT p.relid"
        f" FROM pg_catalog.pg_partition_tree({table.regclass}) p)))"
    )


def has_body(trigger: str, table: QualifiedName, bodies: Sequence[str]) -> str:
    """Return the condition that the function of the trigger has one of *bodies*."""
    wanted = ", ".join(literal(body).strip() for body in bodies)
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)}"
        f" AND p.prosrc IN ({wanted}))"
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
