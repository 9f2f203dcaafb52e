"""Hold a backfill back for replicas, for vacuum, or for the caller's throttle."""

from __future__ import annotations

import importlib
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError

log = logging.getLogger("alembic_zdt")

REST_PER_LOOK = 3.0
"""Pause after each look, as a multiple of its time, to spare a slow connection."""

_LAG_EVERY = 0.5
_VACUUM_EVERY = 10.0
_SAMPLES = 1000


@dataclass(frozen=True)
class Pulse:
    """The state of a backfill that is passed to the caller's throttle.

    Attributes:
        name: the name of the backfill.
        rows_done: the number of rows that this process has done.
        connection: a connection in autocommit mode; for queries, not for changes.
    """

    name: str
    rows_done: int
    connection: Connection


Throttle = Callable[[Pulse], float | None]
"""Function that returns the seconds until its next call, 0 or None to go on."""


def load(path: str) -> Throttle | None:
    """Return the function of ``package.module:function``, None for an empty path.

    Raises:
        UsageError: there is no such function.
    """
    if not path:
        return None
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise _not_found(path, str(error)) from error
    if not callable(found):
        raise _not_found(path, "it is not callable")
    return found  # type: ignore[no-any-return]


def _not_found(path: str, why: str) -> UsageError:
    return UsageError(
        f'cannot load the throttle "{path}"',
        detail=f"Python reported: {why}.",
        hint='Name a function that can be imported, as in throttle="app.load:rest".',
    )


class Throttles:
    """The causes that may hold a backfill back.

    Args:
        database: a connection in autocommit mode.
        name: the name of the backfill.
        definition: the definition of the backfill, which names the replicas and the
            function to ask.
    """

    def __init__(self, database: Database, name: str, definition: Definition) -> None:
        self._database = database
        self._name = name
        self._custom = load(definition.throttle)
        self._lag = ReplicaLag(database, definition.max_replica_lag)
        self._vacuum_looked_at = float("-inf")
        self._vacuum = ""

    def reason(self, relation: int, rows_done: int) -> str:
        """Return the reason to wait, empty to go on."""
        return (
            self._lag.reason() or self._wraparound(relation) or self._asked(rows_done)
        )

    def _asked(self, rows_done: int) -> str:
        if self._custom is None:
            return ""
        pulse = Pulse(self._name, rows_done, self._database.connection)
        rest = self._custom(pulse)
        if not rest:
            return ""
        self._database.sleep(float(rest))
        return "the throttle of the revision asks for it"

    def _wraparound(self, relation: int) -> str:
        if time.monotonic() - self._vacuum_looked_at < _VACUUM_EVERY:
            return self._vacuum
        self._vacuum_looked_at = time.monotonic()
        pid = self._database.value(
            "SELECT v.pid FROM pg_catalog.pg_stat_progress_vacuum v"
            " JOIN pg_catalog.pg_stat_activity a ON a.pid = v.pid"
            f" WHERE v.relid = {relation} AND a.query LIKE 'autovacuum:%wraparound%'"
        )
        self._vacuum = ""
        if pid:
            self._vacuum = f"autovacuum (pid {pid}) prevents transaction wraparound"
        return self._vacuum


@dataclass(frozen=True)
class _Replica:
    name: str
    replayed: int
    reported: float


class ReplicaLag:
    """The lag of a replica: how long ago the primary was where the replica is now.

    ``replay_lag`` alone does not show it: it does not grow while replay is stopped, and
    is empty soon after.  So this class remembers where the primary was, and when.

    Args:
        database: a connection to the primary.
        most: the most seconds that a replica may be behind; 0 turns this off.
    """

    def __init__(self, database: Database, most: float) -> None:
        self._database = database
        self._most = most
        self._was: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)
        self._looked_at = float("-inf")
        self._reason = ""
        self._said_blind = False

    def reason(self) -> str:
        """Describe the replica that is too far behind, empty if none is."""
        now = time.monotonic()
        if self._most and now - self._looked_at >= _LAG_EVERY:
            self._reason = self._look(now)
            took = time.monotonic() - now
            self._looked_at = now + REST_PER_LOOK * took
        return self._reason

    def _look(self, now: float) -> str:
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
        self._was.append((now, max(row[1] for row in rows)))
        seen = [
            _Replica(row[0], row[2], float(row[3]))
            for row in rows
            if row[2] is not None
        ]
        if not seen:
            self._say_blind()
            return ""
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

    def _say_blind(self) -> None:
        if not self._said_blind:
            self._said_blind = True
            log.warning(
                "cannot see how far the replicas lag: the role needs "
                "pg_read_all_stats; going on without this check"
            )
