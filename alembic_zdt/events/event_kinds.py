"""The kinds of events, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from alembic_zdt.events.watched_run import current, current_target

Direction = Literal["upgrade", "downgrade"]
Outcome = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes:
        run: a random name that all events of one run share, empty outside of a run.
        at: when it happened, in UTC.
        target: the target of a fleet, empty outside of fleets.
    """

    run: str = field(default_factory=lambda: current().id)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    target: str = field(default_factory=current_target)


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run has found pending revisions, and is about to begin the first.

    Attributes:
        direction: ``upgrade`` or ``downgrade``.
        database: the name of the database.
        server: host and port, or the folder of the socket.
        revisions: the pending revisions, in order.
    """

    direction: Direction
    database: str
    server: str
    revisions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """A run has ended without an error.

    Attributes:
        revisions: the revisions that it has applied or reversed.
        left_out: contracts that must wait for old sessions, which it did not run.
        seconds: how long it took.
    """

    revisions: tuple[str, ...]
    left_out: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    """A run has ended with an error, or has not even begun.

    Attributes:
        error: the class of the error.
        message: the first line of the error.
        detail: the facts behind it, if the error is one of this package.
        hint: what to do, if the error is one of this package.
        revision: the revision that failed, empty before the first.
        step: the step that failed, empty outside of a step.
        revisions: the revisions that have ended before.
        seconds: how long the run took.
    """

    error: str
    message: str
    detail: str = ""
    hint: str = ""
    revision: str = field(default_factory=lambda: current().revision)
    step: str = field(default_factory=lambda: current().step)
    revisions: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RevisionApplied(Event):
    """A revision has ended.

    Attributes:
        revision: its id.
        direction: whether it was applied or reversed.
        seconds: how long it took.
        waited: the seconds in which its steps waited for locks.
        is_committed: whether it is committed, False if env.py runs all revisions in
            one transaction.
    """

    revision: str
    direction: Direction
    seconds: float
    waited: float
    is_committed: bool


@dataclass(frozen=True, kw_only=True)
class _StepEvent(Event):
    revision: str = field(default_factory=lambda: current().revision)
    step: str
    table: str


@dataclass(frozen=True, kw_only=True)
class StepStarted(_StepEvent):
    """A step of a directive begins.

    Attributes:
        revision: the revision, empty outside of revisions.
        step: what the step does, in words.
        table: the table, empty if the step locks none.
        locks: the strongest lock on each table, view or index.
        sql: its statements, empty if ``show_queries`` is off.
    """

    locks: tuple[str, ...]
    sql: str


@dataclass(frozen=True, kw_only=True)
class StepFinished(_StepEvent):
    """A step has ended, with or without an error.

    Attributes:
        revision: the revision, empty outside of revisions.
        step: what the step does, in words.
        table: the table, empty if the step locks none.
        lock: the strongest lock of the step, empty if it takes none.
        outcome: ``done``, ``failed``, or ``skipped`` if another session has done it.
        waited: seconds of waiting for locks.
        seconds: seconds of work: with the lock held, if it is a strong one.
        tries: how often the step has tried to get its locks.
        rows: how many rows a backfill has changed, None for other steps.
        error: the class of the error, empty without one.
    """

    lock: str
    outcome: Outcome
    waited: float = 0.0
    seconds: float = 0.0
    tries: int = 1
    rows: int | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class LockWaited(_StepEvent):
    """The wait of a step for its strong locks is over, and was long enough to notice.

    Attributes:
        revision: the revision, empty outside of revisions.
        step: what the step does, in words.
        table: the table.
        lock: the lock that the step needs.
        waited: seconds of waiting.
        tries: how often the step has tried to get its locks.
    """

    lock: str
    waited: float
    tries: int


@dataclass(frozen=True)
class Blocker:
    """A session that blocks a step.

    Attributes:
        pid: its process id, None for a prepared transaction.
        seconds: the age of its transaction, None where it is hidden from the role.
        state: as in ``pg_stat_activity``.
        application: its ``application_name``.
        role: its role.
        query: its last query, empty if ``show_queries`` is off.
    """

    pid: int | None
    seconds: float | None
    state: str
    application: str
    role: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Blocked(_StepEvent):
    """A step waits for other sessions; repeated each ``progress_interval``.

    Attributes:
        revision: the revision, empty outside of revisions.
        step: what the step does, in words.
        table: the table, empty if the step locks none.
        waited: seconds since the wait began.
        blockers: the sessions, the oldest transaction first; empty while another
            migration works on the same object.
        gave_up: whether the step has reached its deadline.
    """

    waited: float
    blockers: tuple[Blocker, ...]
    gave_up: bool = False


@dataclass(frozen=True, kw_only=True)
class BackfillProgressed(Event):
    """A backfill goes on, waits, or has ended; repeated each ``progress_interval``.

    Attributes:
        revision: the revision, empty for a queued backfill.
        name: the name of the backfill.
        table: the table.
        rows: the rows that all workers have changed.
        share: the part of the current round that is done, from 0 to 1, None if unknown.
        rows_per_second: the rate of this worker.
        seconds_left: an estimate, None if there is none yet.
        waits_for: why the worker waits, empty while it works.
        is_finished: whether this worker has ended its work without an error.
    """

    revision: str = field(default_factory=lambda: current().revision)
    name: str
    table: str
    rows: int
    share: float | None
    rows_per_second: float
    seconds_left: float | None = None
    waits_for: str = ""
    is_finished: bool = False


@dataclass(frozen=True, kw_only=True)
class GateClosed(Event):
    """A contract must wait: old sessions are connected, or a proof is missing.

    Attributes:
        revision: the contract, empty if it is unknown.
        message: what must wait, in one line.
        detail: the sessions, or the rows that are missing.
        hint: what to do.
        pids: the backends of the old sessions.
        waits: whether the run waits for their end.
    """

    revision: str
    message: str
    detail: str = ""
    hint: str = ""
    pids: tuple[int, ...] = ()
    waits: bool = False
