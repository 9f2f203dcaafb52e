"""Hold while too many sessions are active, or wait for locks.

Sessions of this package never count: they are part of the work that is held back.
https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ClassVar

from alembic_zdt.connection.database import Database
from alembic_zdt.throttles.throttle import Moment, Throttle

OwnPids = Callable[[], Collection[int]]
"""Function that returns the pids of other sessions of this package."""

_CLIENTS = (
    "FROM pg_catalog.pg_stat_activity a WHERE a.usesysid IS NOT NULL"
    " AND coalesce(a.backend_type, 'client backend') = 'client backend'"
    " AND a.pid <> pg_catalog.pg_backend_pid()"
)
# Where the kind is hidden, this view still shows the pid.
_NO_REPLICATION = (
    " AND a.pid NOT IN (SELECT w.pid FROM pg_catalog.pg_stat_get_wal_senders() w)"
)


class _Counted(Throttle):
    """A number of sessions with its limit.

    Args:
        database: a connection for queries.
        most: the most sessions.
        own: a function that returns the pids of sessions that do not count.
    """

    def __init__(self, database: Database, most: int, own: OwnPids) -> None:
        super().__init__(database)
        self._most = most
        self._own = own

    @property
    def _others(self) -> str:
        pids = ", ".join(map(str, sorted(self._own())))
        return f" AND a.pid NOT IN ({pids})" if pids else ""


class ActiveSessions(_Counted):
    """The sessions of clients that run a statement, in any database of the server."""

    name: ClassVar[str] = "the number of active sessions"

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Name the number if it is too high."""
        active, hidden = self._database.rows(
            "SELECT pg_catalog.count(*) FILTER (WHERE a.state IN"
            " ('active', 'fastpath function call')),"
            " pg_catalog.count(*) FILTER (WHERE a.state IS NULL"
            " AND a.query = '<insufficient privilege>')"
            f" {_CLIENTS}{_NO_REPLICATION}{self._others}"
        )[0]
        if hidden:
            self._say_blind("whether sessions of other roles are active")
        if active <= self._most:
            return ""
        return f"{active} sessions are active (at most {self._most})"


class LockWaiters(_Counted):
    """The sessions of clients of this database that wait for a lock.

    Advisory locks do not count: applications wait for them as part of their work.
    """

    name: ClassVar[str] = "the number of sessions that wait for locks"

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Name the number if it is too high."""
        waiting = int(
            self._database.value(
                f"SELECT pg_catalog.count(*) {_CLIENTS}{self._others}"
                " AND a.datname = pg_catalog.current_database()"
                " AND a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l"
                " WHERE NOT l.granted AND l.locktype <> 'advisory')"
            )
        )
        if waiting <= self._most:
            return ""
        return f"{waiting} sessions wait for locks (at most {self._most})"
