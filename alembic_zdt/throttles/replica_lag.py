"""Hold while a replica is behind.

https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from alembic_zdt.connection.database import Database
from alembic_zdt.throttles.throttle import Moment, Throttle

_SAMPLES = 1000


@dataclass(frozen=True)
class _Replica:
    name: str
    replayed: int
    reported: float


class ReplicaLag(Throttle):
    """The lag of a replica: how long ago the primary was where the replica is now.

    ``replay_lag`` alone does not show it: it does not grow while replay is stopped, and
    is empty soon after.  So this class remembers where the primary was, and when.

    Args:
        database: a connection to the primary.
        most: the most seconds that a replica may be behind.
    """

    name: ClassVar[str] = "replica lag"
    every: ClassVar[float] = 0.5

    def __init__(self, database: Database, most: float) -> None:
        super().__init__(database)
        self._most = most
        self._was: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Describe the replica that is too far behind, empty if none is."""
        rows = self._database.rows(
            "SELECT coalesce(nullif(application_name, ''), client_addr::text, '?'),"
            " (pg_catalog.pg_current_wal_lsn() - '0/0')::bigint,"
            " (replay_lsn - '0/0')::bigint,"
            " coalesce(extract(epoch FROM replay_lag), 0)"
            " FROM pg_catalog.pg_stat_replication"
            " WHERE coalesce(state <> 'backup', true)"
        )
        if not rows:
            return ""
        now = time.monotonic()
        self._was.append((now, max(row[1] for row in rows)))
        seen = [
            _Replica(row[0], row[2], float(row[3]))
            for row in rows
            if row[2] is not None
        ]
        if not seen:
            self._say_blind("how far the replicas lag")
            return ""
        return self._worst(seen, now)

    def _worst(self, seen: list[_Replica], now: float) -> str:
        late = max(seen, key=lambda replica: self._lag(replica, now))
        lag = self._lag(late, now)
        if lag <= self._most:
            return ""
        return f'replica "{late.name}" is {lag:.1f} s behind (at most {self._most:g} s)'

    def _lag(self, replica: _Replica, now: float) -> float:
        ahead = (then for then, place in self._was if place > replica.replayed)
        first = next(ahead, None)
        if first is None:
            return 0.0
        return max(now - first, replica.reported)
