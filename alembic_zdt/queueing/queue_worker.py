"""Run queued calls, each with the runner that runs the calls of revisions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from alembic_zdt.alembic_compat import interception
from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import RevisionError, ZdtError
from alembic_zdt.queueing.fitting import too_long
from alembic_zdt.queueing.held_call import HeldCall, HeldDatabase
from alembic_zdt.queueing.places import leave_place, take_place
from alembic_zdt.queueing.queue_faults import (
    EarlyCallError,
    StoppedCallError,
    as_queued,
    passes,
    stored_text,
    unexpected,
)
from alembic_zdt.queueing.queue_leases import QueueLeases
from alembic_zdt.queueing.queue_table import QUEUED, RUNNING, QueuedCall, queue_of
from alembic_zdt.queueing.queued_calls import operation_of
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.online import connected
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.runner.subject_lock import end_turn
from alembic_zdt.time_window import TimeWindow

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

_NOTE_AGAIN = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Step:
    """A revision whose call is run, as one of Alembic's steps."""

    revision: Any
    is_upgrade: bool


@dataclass
class WorkTime:
    """The time of a worker process, which works in one or several databases.

    Attributes:
        until: when to begin no more calls, by the monotonic clock; None for never.
        has_run: whether it has run a call; one is always run, so that each gets on.
        told: the names of the calls of which it has logged that they are skipped.
    """

    until: float | None = None
    has_run: bool = False
    told: set[str] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Check whether the time is over."""
        return self.until is not None and time.monotonic() > self.until


class QueueWorker:
    """One of the workers of a queue.

    Args:
        context: a migration context whose connection is in autocommit mode.
        calls: the calls of the revision files.
        time_left: the time of the process.
        clock: a function that returns the present moment with its time zone;
            default: the clock of this machine.

    Attributes:
        failure: the error of the first call that has failed.
        has_open: whether the last look has found calls that are not done.
    """

    def __init__(
        self,
        context: MigrationContext,
        database: Database,
        calls: RevisionCalls,
        time_left: WorkTime | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._context = context
        self._database = database
        self._settings = settings_of(context)
        self._queue = queue_of(database, self._settings, context)
        self._leases = QueueLeases(self._queue)
        self._calls = calls
        self._time = time_left or WorkTime()
        self._clock = clock or _now
        self._noted: dict[str, tuple[str, float]] = {}
        self.failure: ZdtError | None = None
        self.has_open = False

    def work(self) -> bool:
        """Run each call that may begin.

        Returns:
            Whether a call waits only for another call of its table.
        """
        if not self._queue.exists:
            return False
        is_open = f"q.status IN ('{QUEUED}', '{RUNNING}')"
        found = self._queue.calls(is_open)
        self.has_open = bool(found)
        left = [self._look_at(call.name) for call in found]
        return any(left) and not self._time.is_over

    def _look_at(self, name: str) -> bool:
        """Run a call if it may begin, and return whether it waits for another one."""
        call = self._queue.find(name)  # a call before it may have run for hours
        if call is None or not call.is_waiting_for_a_worker:
            return False
        if self._time.has_run and self._time.is_over:
            return False
        if not self._is_deployed(call):
            if name not in self._time.told:
                log.info("skipped: %s (its revision is not deployed here)", name)
            self._time.told.add(name)
            return False
        if reason := self._reason_to_wait(call):
            self._note(name, reason)
            return False
        if reason := self._run_in_a_place(call):
            self._note(name, reason)
        return bool(reason)

    def _note(self, name: str, reason: str) -> None:
        """Store why a call waits; an estimate may change it with each look."""
        noted, at = self._noted.get(name, (reason, -_NOTE_AGAIN))
        now = time.monotonic()
        if reason == noted or now - at > _NOTE_AGAIN:
            self._noted[name] = reason, now
            self._leases.note_waiting(name, reason)

    def _run_in_a_place(self, call: QueuedCall) -> str:
        """Run a call, or return why it must wait for other calls."""
        most = self._settings.queue_per_server
        if not take_place(self._database, most):
            return f"other queued calls run on this server (queue_per_server = {most})"
        found = "another queued call of its table runs"
        if self._leases.lease(call):
            self._time.has_run, found = True, ""
            self._run(call)
        leave_place(self._database)  # an error ends the session, and with it its place
        return found

    def _is_deployed(self, call: QueuedCall) -> bool:
        """Check whether the code here has the revision that queued the call."""
        if call.revision is None:
            return True
        try:
            return self._calls.script.get_revision(call.revision) is not None
        except CommandError:
            return False

    def _reason_to_wait(self, call: QueuedCall) -> str:
        """Return why the call may not begin now, empty if it may."""
        if not self._is_in_force(call):
            which = "still applied" if call.is_downgrade else "not applied yet"
            return f'revision "{call.revision}" is {which}'
        if not call.window:
            return ""
        try:
            window = TimeWindow(call.window)
        except ValueError as error:  # the time zone is not known here
            return f'the window "{call.window}" cannot be read here: it must be {error}'
        now = self._clock()
        if window.is_open(now):
            return self._too_long(call, window, now)
        opens = f"{window.opens_at(now):%Y-%m-%d %H:%M %Z}"
        return f"the window {window} opens at {opens}"

    def _too_long(self, call: QueuedCall, window: TimeWindow, now: datetime) -> str:
        try:
            operation = operation_of(call, self._calls)
        except RevisionError:  # the run tells it
            return ""
        return too_long(operation, window, now, self._database, self._context)

    def _is_in_force(self, call: QueuedCall) -> bool:
        """Check whether the revision that queued the call has come to its end."""
        if call.revision is None:
            return True
        heads = self._context.get_current_heads()
        try:
            applied = self._calls.script.iterate_revisions(heads, "base")
            is_applied = call.revision in {each.revision for each in applied}
        except CommandError:  # the database is at a revision that is not deployed here
            return not call.is_downgrade and call.revision in heads
        return is_applied is not call.is_downgrade

    def _run(self, call: QueuedCall) -> None:
        name = call.name
        log.info("begins: %s", name)
        began = time.monotonic()
        try:
            self._run_steps(call)
        except StoppedCallError:
            self._leases.leave(name)
            log.info("stopped: %s (cancelled)", name)
        except EarlyCallError as error:
            self._leases.give_back(name, str(error), rests=False)
            log.info("given back: %s (%s)", name, error)
        except Exception as error:  # a bad row must not keep the others waiting
            log.debug("a queued call has ended with an error", exc_info=error)
            self._note_failure(name, unexpected(error, name, self._settings))
        else:
            if self._leases.finish(name):
                log.info("finished: %s, %.1f s", name, time.monotonic() - began)
            else:
                log.info("finished: %s, which was cancelled meanwhile", name)
        finally:
            run_state(self._context).forget_done()

    def _run_steps(self, call: QueuedCall) -> None:
        with interception.as_step(self._context, self._step(call)):
            operation = operation_of(call, self._calls)
            with connected(self._context, operation.purpose) as runner:
                held = HeldCall(
                    self._queue, self._leases, call.name, self._reason_to_wait
                )
                runner.database = HeldDatabase(runner.database, held)
                runner.before_step = held.before_step
                runner.before_repair = held.before_repair
                key = runner.run(operation)
            end_turn(self._database, key, with_transaction=False)

    def _step(self, call: QueuedCall) -> _Step | None:
        """Return the revision that queued a call, as Alembic's running step."""
        if call.revision is None:
            return None
        revision = self._calls.script.get_revision(call.revision)
        return _Step(revision, not call.is_downgrade)

    def _note_failure(self, name: str, error: ZdtError) -> None:
        if self._database.connection.invalidated:
            raise error
        if passes(error):
            reason = f"it could not be run, and is tried again: {error.primary}"
            is_ours = self._leases.give_back(name, reason, rests=True)
        else:
            error = as_queued(error, name)
            is_ours = self._leases.fail(name, stored_text(error, self._settings))
            if is_ours:
                self.failure = self.failure or error
        if is_ours:
            log.warning("%s: %s", name, error.primary)
        else:
            log.info("stopped: %s (cancelled)", name)
