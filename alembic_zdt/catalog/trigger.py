"""Triggers in the catalog.

https://www.postgresql.org/docs/current/catalog-pg-trigger.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import partition
from alembic_zdt.names import SYNC_TRIGGERS, QualifiedName, literal

BEFORE_ROW = 3  # bits of pg_trigger.tgtype: for each row, BEFORE
_INSERT_OR_UPDATE = 20
IS_OF_USERS = (
    "NOT t.tgisinternal"
    f" AND t.tgtype::int4 & {BEFORE_ROW} = {BEFORE_ROW}"
    f" AND t.tgtype::int4 & {_INSERT_OR_UPDATE} > 0"
    f" AND t.tgname !~ '{SYNC_TRIGGERS}'"
)
"""SQL that is true if a trigger ``t`` may change a row before it is written."""


def exists(table: QualifiedName, *triggers: str) -> str:
    """Return SQL that is true if the table has one of *triggers*."""
    names = ", ".join(literal(name).strip() for name in triggers)
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname IN ({names}))"
    )


def has_before_row(table: QualifiedName) -> str:
    """Return SQL that is true if triggers of the user's may change a row of the table.

    Triggers of its partitions count, and disabled triggers, because they can be
    enabled.
    """
    return (
        f"EXISTS ({partition.tree(table)} SELECT FROM tree"
        " JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.oid"
        f" WHERE {IS_OF_USERS})"
    )


def fires_always(trigger: str, table: QualifiedName) -> str:
    """Return SQL that is true if a trigger fires in all sessions and partitions."""
    return (
        f"({exists(table, trigger)} AND NOT {_exists_but_not_always(trigger, table)})"
    )


def _exists_but_not_always(trigger: str, table: QualifiedName) -> str:
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgname = {literal(trigger)} AND t.tgenabled <> 'A'"
        f" AND (t.tgrelid = {table.regclass} OR t.tgrelid IN (SELECT p.relid"
        f" FROM pg_catalog.pg_partition_tree({table.regclass}) p)))"
    )


def has_body(trigger: str, table: QualifiedName, bodies: Sequence[str]) -> str:
    """Return SQL that is true if the function of the trigger has one of *bodies*."""
    wanted = ", ".join(literal(body).strip() for body in bodies)
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)}"
        f" AND p.prosrc IN ({wanted}))"
    )


def disabled(prefix: str, table: QualifiedName) -> str:
    """Build the query for the quoted name of a trigger that does not always fire.

    Args:
        prefix: the prefix of the name.
        table: the table.
    """
    return (
        "SELECT pg_catalog.quote_ident(t.tgname) FROM pg_catalog.pg_trigger t"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname ~ '^{prefix}_'"
        " AND t.tgenabled <> 'A' ORDER BY 1 LIMIT 1"
    )
