"""Wait for the old snapshots that would block a CONCURRENTLY statement.

Such a statement waits for every transaction in the database that is older than it.
A session that is idle in a transaction blocks it for as long as the transaction lasts.
A session of this process may block it for ever.
https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

import time

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder, Target
from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, OwnProcessBlocksError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner import blockers, step_events
from alembic_zdt.runner.blocker_acts import BlockerActs
from alembic_zdt.runner.blockers import END_OWN, RUN_AGAIN
from alembic_zdt.runner.notices import Notices
from alembic_zdt.settings import Settings, seconds
from alembic_zdt.steps import Step

_POLL = 0.05
# Seconds that a session of this process may be idle in a transaction before it is
# reported as a blocker.  A session at work is idle for less between two statements.
_OWN_GRACE = 1.0


def wait_for_old_snapshots(database: Database, step: Step, settings: Settings) -> None:
    """Wait until the sessions that would block *step* are gone.

    Only sessions that are present at the first look and at every later one count.
    Sessions that begin later are not waited for.

    Raises:
        OwnProcessBlocksError: one of the sessions belongs to this process.
        LockNotAvailableError: the sessions were not gone before the deadline.
    """
    started = time.monotonic()
    deadline = settings.snapshot_deadline.total_seconds()
    targets = _outwaited(database, step)
    waited_for: set[str] | None = None
    notices, acts = Notices(settings), BlockerActs(settings)
    while found := activity.snapshot_holders(database, targets):
        present = {holder.transaction for holder in found}
        waited_for = present if waited_for is None else waited_for & present
        remaining = [holder for holder in found if holder.transaction in waited_for]
        if not remaining:
            return
        elapsed = time.monotonic() - started
        _refuse_own(database, step, remaining, settings, elapsed)
        if elapsed > deadline:
            step_events.gave_up(step, remaining, elapsed, settings)
            raise _gave_up(database, step, remaining, settings)
        if notices.is_due():
            step_events.blocked(step, remaining, elapsed, settings)
            who = blockers.describe(database, remaining, queries=settings.show_queries)
            notices.say(f"waiting before {step.purpose}: {who}")
        acts.end(database, remaining, activity.keeps_snapshot(targets))
        database.sleep(_POLL)


def _outwaited(database: Database, step: Step) -> list[Target]:
    """Return the targets whose users must end first: writers, and maybe readers."""
    mode = LockMode.ACCESS_EXCLUSIVE if step.waits_for_readers else LockMode.SHARE
    found = activity.targets(database, step.locks)
    return [Target(target.oid, mode) for target in found]


def _refuse_own(
    database: Database,
    step: Step,
    found: list[Holder],
    settings: Settings,
    elapsed: float,
) -> None:
    own = own_process.backend_pids(database.connection)
    mine = [holder for holder in found if holder.pid in own]
    if not mine or elapsed < _OWN_GRACE:
        return
    raise OwnProcessBlocksError(
        f"could not {step.purpose}: this process itself has an open transaction",
        detail=(
            "A CONCURRENTLY statement waits for every older transaction, and the code "
            "that would end this one may be waiting for this step. "
        )
        + blockers.describe(database, mine, queries=settings.show_queries),
        hint=END_OWN,
        pids=[holder.pid for holder in mine],
    )


def _gave_up(
    database: Database, step: Step, found: list[Holder], settings: Settings
) -> LockNotAvailableError:
    remedy = blockers.ending(found)
    return LockNotAvailableError(
        f"could not {step.purpose} within {seconds(settings.snapshot_deadline)}",
        detail="A CONCURRENTLY statement waits for every older transaction; nothing "
        "was started, so nothing is left behind. "
        + blockers.describe(database, found, queries=settings.show_queries),
        hint=f"{remedy} or raise snapshot_deadline, then {RUN_AGAIN}",
        pids=[holder.pid for holder in found],
    )


def wait_for_other_builds(
    database: Database, table: QualifiedName, settings: Settings
) -> None:
    """Wait until no other session builds, validates or changes parts of *table*.

    Another backend may still be building an INVALID index.  The index must not be
    judged before that backend is done.

    Raises:
        LockNotAvailableError: another session was not done before the deadline.
    """
    oid = database.value(f"SELECT {table.regclass}::oid::int8")
    if oid is None:
        return
    target = Target(oid, LockMode.SHARE_UPDATE_EXCLUSIVE)
    place = ("wait for another change of the table", table.label)
    started = time.monotonic()
    notices = Notices(settings)
    while found := _builders(database, target):
        elapsed = time.monotonic() - started
        if elapsed > settings.lock_deadline.total_seconds():
            step_events.blocked_at(place, found, elapsed, settings, gave_up=True)
            raise _still_building(database, table, found, settings)
        if notices.is_due():
            step_events.blocked_at(place, found, elapsed, settings)
            who = blockers.describe(database, found, queries=settings.show_queries)
            notices.say(f'waiting for another change of "{table.label}": {who}')
        database.sleep(_POLL)


def _builders(database: Database, target: Target) -> list[Holder]:
    found = activity.holders(database, [target])
    return [holder for holder in found if not holder.is_autovacuum]


def _still_building(
    database: Database, table: QualifiedName, found: list[Holder], settings: Settings
) -> LockNotAvailableError:
    return LockNotAvailableError(
        f'another session has been changing "{table.label}" for more than '
        f"{seconds(settings.lock_deadline)}",
        detail="That session holds a lock that keeps other schema changes out; reads "
        "and writes go on. "
        + blockers.describe(database, found, queries=settings.show_queries),
        hint="Wait until that session is done or end it, then run the same command "
        "again; finished steps are skipped.",
        pids=[holder.pid for holder in found],
    )
