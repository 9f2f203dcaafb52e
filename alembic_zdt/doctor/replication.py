"""Checks of standbys, subscribers and replication slots.

A backfill writes much WAL.  A slot without a reader keeps all of it, and a standby that
lags shows old rows.
https://www.postgresql.org/docs/current/view-pg-replication-slots.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding

_LAG = 10
"""Seconds."""

_BEHIND = 64 * 2**20
"""Bytes of WAL."""

_NOW = (
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()"
    " ELSE pg_catalog.pg_current_wal_lsn() END"
)


def slots(subject: Subject) -> Iterator[Finding]:
    """Report slots without a reader, or slots that have lost WAL."""
    rows = subject.database.rows(
        "SELECT s.slot_name::text, s.slot_type, s.wal_status,"
        " pg_catalog.pg_size_pretty("
        f"pg_catalog.pg_wal_lsn_diff({_NOW}, s.restart_lsn))"
        " FROM pg_catalog.pg_replication_slots s"
        " WHERE NOT s.active AND NOT s.temporary ORDER BY 1"
    )
    for name, kind, status, kept in rows:
        drop = f"SELECT pg_drop_replication_slot('{name}')"
        if status == "lost":
            yield Finding.error(
                f'the {kind} replication slot "{name}" is lost: PostgreSQL has '
                "invalidated it, and its reader cannot continue",
                f"{drop}, then set up the reader again.",
            )
        else:
            yield Finding.warning(
                f'no consumer reads the {kind} replication slot "{name}", which keeps '
                f"{kept or 'no'} WAL; a backfill makes more",
                f"Let the reader of the slot connect again, or {drop}.",
            )


def lag(subject: Subject) -> Iterator[Finding]:
    """Report standbys and subscribers that are behind."""
    # replay_lag alone is not enough: it stands still while replay does.
    rows = subject.database.rows(
        "SELECT coalesce(nullif(application_name, ''), client_addr::text, '?'),"
        " coalesce(extract(epoch FROM replay_lag), 0)::int8,"
        f" pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff({_NOW}, replay_lsn))"
        " FROM pg_catalog.pg_stat_replication"
        f" WHERE replay_lag > interval '{_LAG} seconds'"
        f" OR pg_catalog.pg_wal_lsn_diff({_NOW}, replay_lsn) > {_BEHIND} ORDER BY 1"
    )
    for name, seconds, behind in rows:
        since = f"{seconds} s and " if seconds else ""
        yield Finding.warning(
            f'"{name}" is {since}{behind} behind',
            "Migrate when this replica has caught up; backfills wait by themselves "
            "(max_replica_lag=).",
        )


def synchronous(subject: Subject) -> Iterator[Finding]:
    """Report commits that wait for a standby which is not connected."""
    if subject.database.holds(
        "pg_catalog.current_setting('synchronous_standby_names') <> ''"
        " AND pg_catalog.current_setting('synchronous_commit') NOT IN ('off', 'local')"
        " AND pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_replication"
        " WHERE sync_state IN ('sync', 'quorum'))"
    ):
        yield Finding.error(
            "synchronous_standby_names names a standby that is not connected: each "
            "commit waits for it",
            "Let that standby connect, or empty synchronous_standby_names.",
        )
