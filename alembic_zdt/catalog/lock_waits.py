"""The sessions of a database that wait for locks, and the sessions they wait for.

https://www.postgresql.org/docs/current/view-pg-locks.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder
from alembic_zdt.connection.database import Database
from alembic_zdt.printable import printable

_MOST = 10
"""How many waits are read: each asks for its blockers, which stops the lock table."""
_WAITS = (
    "SELECT l.pid, max(extract(epoch FROM pg_catalog.clock_timestamp()"
    " - coalesce(l.waitstart, a.query_start)))::float8,"
    " max(a.application_name), max(a.usename), max(a.query)"
    " FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
    " WHERE NOT l.granted AND a.datname = pg_catalog.current_database()"
    f" GROUP BY l.pid ORDER BY 2 DESC NULLS LAST, 1 LIMIT {_MOST}"
)


@dataclass(frozen=True)
class LockWait:
    """A session that waits for a lock.

    Attributes:
        pid: the pid of its backend.
        seconds: how long it waits, None where that is hidden from this role.
        application, role, query: as in pg_stat_activity.
        blockers: the transactions that it waits for.
    """

    pid: int
    seconds: float | None
    application: str
    role: str
    query: str
    blockers: Sequence[Holder]


def lock_waits(database: Database) -> list[LockWait]:
    """Return the sessions that wait for locks, those that wait longest first."""
    return [
        LockWait(
            pid,
            seconds,
            application or "",
            role or "",
            printable(" ".join((query or "").split())),
            activity.blockers_of(database, pid),
        )
        for pid, seconds, application, role, query in database.rows(_WAITS)
    ]
