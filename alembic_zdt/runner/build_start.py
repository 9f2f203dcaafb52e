"""End a concurrent build that has not begun before the deadline.

A build has no ``lock_timeout``, which would also end its waits for old transactions.
Before its first phase it waits for the lock on the table.  It also waits for a
transaction that has taken the name of the index and not ended.
https://www.postgresql.org/docs/current/progress-reporting.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.runner import blockers, step_events
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.runner.side_connection import Watcher, beside
from alembic_zdt.settings import Settings, seconds
from alembic_zdt.steps import Step


@contextmanager
def begun_in_time(database: Database, step: Step, settings: Settings) -> Iterator[None]:
    """Cancel the build that the body runs if it has not begun at the deadline.

    Args:
        database: the connection on which the body runs.
        step: the build; other steps have a ``lock_timeout``.
        settings: the settings, with ``lock_deadline``.

    Raises:
        LockNotAvailableError: the build was cancelled, and has left nothing behind.
    """
    if not step.waits_for_snapshots:
        yield
        return
    pid, ended = activity.backend_pid(database), list[Sequence[Holder]]()

    def watch(watcher: Watcher) -> None:
        if watcher.pause(settings.lock_deadline.total_seconds()):
            with watcher.database() as second:
                _end(second, pid, ended)

    try:
        with beside(database.connection, watch):
            yield
    except DBAPIError as error:  # the watcher has noted by now what it has ended
        state = driver_errors.diagnostics(error).sqlstate
        if not ended or state != driver_errors.QUERY_CANCELED:
            raise
        raise _not_begun(database, step, ended[0], settings) from error


def _end(second: Database, pid: int, ended: list[Sequence[Holder]]) -> None:
    """Cancel a build that waits before its first phase, and note its blockers.

    The blockers are read before the cancel, because the build may fail before the
    cancel has returned.  If the last blocker has just ended, nothing is cancelled.
    """
    if not second.holds(activity.build_has_not_begun(pid)):
        return
    ended.append(activity.blockers_of(second, pid))
    asked = f"SELECT pg_catalog.pg_cancel_backend({pid})"
    if not second.value(f"{asked} WHERE {activity.build_has_not_begun(pid)}"):
        ended.clear()


def _not_begun(
    database: Database, step: Step, found: Sequence[Holder], settings: Settings
) -> LockNotAvailableError:
    remedy, waited = blockers.ending(found), settings.lock_deadline.total_seconds()
    step_events.gave_up(step, found, waited, settings)
    return LockNotAvailableError(
        f"could not {step.purpose}: it has not begun within "
        f"{seconds(settings.lock_deadline)}",
        detail="Another transaction holds a lock on the table, or has taken the name. "
        "Nothing was started, so nothing is left behind. "
        + blockers.describe(database, found, queries=settings.show_queries),
        hint=f"{remedy} or raise lock_deadline, then {RUN_AGAIN}",
        pids=[holder.pid for holder in found if holder.pid],
    )
