"""The limits of one call or of the settings, as data that a journal can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alembic_zdt.connection.database import Database
from alembic_zdt.settings import Settings
from alembic_zdt.throttles.asked_function import AskedFunction, load
from alembic_zdt.throttles.replica_lag import ReplicaLag
from alembic_zdt.throttles.session_load import ActiveSessions, LockWaiters, OwnPids
from alembic_zdt.throttles.table_vacuum import TableAutovacuum, WraparoundVacuum
from alembic_zdt.throttles.throttle import Throttle
from alembic_zdt.throttles.wal_volume import ArchiveBacklog, WalRate
from alembic_zdt.throttles.working_hours import WorkingHours
from alembic_zdt.time_window import TimeWindow


@dataclass(frozen=True)
class LoadLimits:
    """The limits that hold work back; None leaves a limit to the settings.

    Attributes:
        max_replica_lag: the seconds that a replica may be behind; 0 turns this off.
        max_wal_rate: bytes of WAL in a second; 0 turns this off.
        max_archive_backlog: bytes of WAL that wait for the archiver; 0 turns this off.
        wait_for_autovacuum: whether to wait for a plain autovacuum of the table.
        max_active_sessions: the number of active sessions; -1 turns this off.
        max_lock_waiters: the number of sessions that wait; -1 turns this off.
        window: the hours for the work; empty means at any time.
        throttle: ``package.module:function``, called between batches; may be empty.
    """

    max_replica_lag: float | None = None
    max_wal_rate: int | None = None
    max_archive_backlog: int | None = None
    wait_for_autovacuum: bool | None = None
    max_active_sessions: int | None = None
    max_lock_waiters: int | None = None
    window: str | None = None
    throttle: str | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Return the limits that are not left to the settings."""
        return {name: each for name, each in asdict(self).items() if each is not None}

    @property
    def unasked_by_scripts(self) -> list[str]:
        """Return the names of the limits that a ``--sql`` script does not look at."""
        return [
            name
            for name, each in self.given.items()
            if name in _OFF and each != _OFF[name]
        ]

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LoadLimits:
        """Build limits from a journal, without keys of newer releases."""
        known = (name for name in cls.__match_args__ if name in found)
        return cls(**{name: found[name] for name in known})

    def or_else(self, settings: Settings) -> LoadLimits:
        """Take from the settings what is left to them."""
        return LoadLimits(**_of(settings).given | self.given)


_OFF = {
    "max_wal_rate": 0,
    "max_archive_backlog": 0,
    "wait_for_autovacuum": False,
    "max_active_sessions": -1,
    "max_lock_waiters": -1,
    "window": "",
    "throttle": "",
}


def _of(settings: Settings) -> LoadLimits:
    return LoadLimits(
        max_replica_lag=settings.backfill_max_replica_lag.total_seconds(),
        max_wal_rate=settings.backfill_max_wal_rate.count,
        max_archive_backlog=settings.backfill_max_archive_backlog.count,
        wait_for_autovacuum=settings.backfill_wait_for_autovacuum,
        max_active_sessions=settings.backfill_max_active_sessions,
        max_lock_waiters=settings.backfill_max_lock_waiters,
        window=settings.backfill_window.text,
        throttle=settings.backfill_throttle,
    )


def throttles_of(
    limits: LoadLimits, database: Database, work: str, own: OwnPids
) -> Iterator[Throttle]:
    """Yield the throttles for these limits, the caller's function last.

    Args:
        limits: all limits, none of them left to the settings.
        database: a connection in autocommit mode.
        work: the name of the backfill.
        own: a function that returns the pids of sessions that do not count.

    Raises:
        UsageError: the function of the caller cannot be imported.
    """
    if limits.window:
        yield WorkingHours(database, TimeWindow(limits.window))
    if limits.max_replica_lag:
        yield ReplicaLag(database, limits.max_replica_lag)
    yield WraparoundVacuum(database)
    if limits.wait_for_autovacuum:
        yield TableAutovacuum(database)
    if limits.max_wal_rate:
        yield WalRate(database, limits.max_wal_rate)
    if limits.max_archive_backlog:
        yield ArchiveBacklog(database, limits.max_archive_backlog)
    yield from _of_sessions(limits, database, own)
    function = load(limits.throttle)
    if function is not None:
        yield AskedFunction(database, work, function)


def _of_sessions(
    limits: LoadLimits, database: Database, own: OwnPids
) -> Iterator[Throttle]:
    active, waiting = limits.max_active_sessions, limits.max_lock_waiters
    if active is not None and active >= 0:
        yield ActiveSessions(database, active, own)
    if waiting is not None and waiting >= 0:
        yield LockWaiters(database, waiting, own)
