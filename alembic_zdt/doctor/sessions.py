"""Checks of sessions that would block a migration now.

https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import AGE
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import literal

_IDLE = 10
_LONG = 60
"""Seconds."""

_MOST = 10


def idle_in_transaction(subject: Subject) -> Iterator[Finding]:
    """Report sessions that hold their locks while they are idle."""
    idle = "extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)"
    condition = f"a.state LIKE 'idle in transaction%' AND {idle} > {_IDLE}"
    for who, age, query in _sessions(subject, condition, idle):
        yield Finding.warning(
            f"{who} has been idle in a transaction for {age} s: migrations wait for "
            f"its locks, index builds for its snapshot{query}",
            f"Check what the session does, or {_ending(who)}; "
            "idle_in_transaction_session_timeout ends such sessions by itself.",
        )


def long_transaction(subject: Subject) -> Iterator[Finding]:
    """Report transactions that index builds would wait for."""
    condition = f"a.state NOT LIKE 'idle in transaction%' AND {AGE} > {_LONG}"
    for who, age, query in _sessions(subject, condition, AGE):
        yield Finding.warning(
            f"{who} has been in a transaction for {age} s: an index build waits for "
            f"its end{query}",
            f"Migrate when the transaction is over, or {_ending(who)}.",
        )


def prepared_transaction(subject: Subject) -> Iterator[Finding]:
    """Report prepared transactions that were not committed for a while."""
    for gid, age in activity.prepared_transactions(subject.database).values():
        if age > _IDLE:
            yield Finding.warning(
                f'transaction "{gid}" was prepared {age:.0f} s ago and keeps its locks',
                f"COMMIT PREPARED {literal(gid)}; or ROLLBACK PREPARED {literal(gid)};",
            )


def _sessions(
    subject: Subject, condition: str, age: str
) -> Iterator[tuple[str, int, str]]:
    rows = subject.database.rows(
        "SELECT a.pid, a.usename::text, a.application_name,"
        f" {age}::int8, pg_catalog.left(a.query, 80)"
        " FROM pg_catalog.pg_stat_activity a"
        " WHERE a.datname = pg_catalog.current_database()"
        " AND a.pid <> pg_catalog.pg_backend_pid()"
        f" AND a.backend_type = 'client backend' AND {condition}"
        f" ORDER BY a.xact_start LIMIT {_MOST}"
    )
    for pid, role, application, seconds, query in rows:
        of = f", application {application}" if application else ""
        last = " ".join((query or "").split())
        shown = f"; its query: {last}" if subject.settings.show_queries and last else ""
        yield f"pid {pid} (role {role}{of})", seconds, shown


def _ending(who: str) -> str:
    pid = who.split()[1]
    return f"end it with SELECT pg_terminate_backend({pid})"
