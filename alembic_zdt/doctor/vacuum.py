"""Checks of autovacuum, and of vacuums that do not yield to a migration.

Each batch of a backfill leaves dead rows.  Autovacuum releases its lock when a
migration waits for it, except when it prevents a wraparound.
https://www.postgresql.org/docs/current/routine-vacuuming.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import IN_USER_SCHEMA
from alembic_zdt.printable import listed


def autovacuum(subject: Subject) -> Iterator[Finding]:
    """Report autovacuum that is off, for all or for some tables."""
    for name in ("autovacuum", "track_counts"):
        if subject.database.value(f"SHOW {name}") == "off":
            yield Finding.warning(
                f"{name} is off: dead rows of backfills stay, and tables grow",
                f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            )
    rows = subject.database.rows(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,"
        " LATERAL pg_catalog.pg_options_to_table(c.reloptions) o"
        f" WHERE c.relkind IN ('r', 'm') AND {IN_USER_SCHEMA}"
        " AND o.option_name = 'autovacuum_enabled'"
        " AND NOT o.option_value::boolean ORDER BY 1"
    )
    if rows:
        tables = [row[0] for row in rows]
        yield Finding.warning(
            f"autovacuum is off for {listed(tables)}",
            f"ALTER TABLE {tables[0]} RESET (autovacuum_enabled);",
        )


def wraparound(subject: Subject) -> Iterator[Finding]:
    """Report tables whose due vacuum will not release its lock for a migration."""
    rows = subject.database.rows(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.relkind IN ('r', 'm') AND {IN_USER_SCHEMA}"
        " AND pg_catalog.age(c.relfrozenxid)"
        " > pg_catalog.current_setting('autovacuum_freeze_max_age')::int8"
        " ORDER BY pg_catalog.age(c.relfrozenxid) DESC"
    )
    if rows:
        tables = [row[0] for row in rows]
        yield Finding.warning(
            f"a vacuum to prevent a wraparound is due for {listed(tables)}; it does "
            "not yield to a migration that waits",
            f"VACUUM (FREEZE) {tables[0]}; before the migrations.",
        )
