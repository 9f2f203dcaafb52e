"""Take a strong lock without making the application wait.

1. Watch the blockers from outside the lock queue, and learn how long such
   transactions last on this table (``prediction.py``).
2. Join the queue only at a good moment, for a short time (``patience.py``).
3. Give up after the deadline, and report the blockers.

A ``--sql`` script waits in its own, simpler way: see ``script/preamble.sql``.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder, Target
from alembic_zdt.connection import driver_errors, own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, StatementTimeoutError
from alembic_zdt.locks import LockMode
from alembic_zdt.qualified import qualified
from alembic_zdt.runner import blockers, step_events
from alembic_zdt.runner.blocker_acts import BlockerActs
from alembic_zdt.runner.blockers import RUN_AGAIN, are_idle
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.partition_cost import FEW, enough
from alembic_zdt.runner.patience import Patience
from alembic_zdt.runner.prediction import Departures
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.runner.step_timing import Timing
from alembic_zdt.runner.transactions import TIMING, do_block, short_transaction
from alembic_zdt.settings import Settings, milliseconds, seconds
from alembic_zdt.steps import Step

_NOT_FREE = {driver_errors.LOCK_NOT_AVAILABLE, driver_errors.DEADLOCK_DETECTED}
_RETRIED = {*_NOT_FREE, driver_errors.QUERY_CANCELED}
_FASTEST_POLL = 0.005
_SLOWEST_POLL = 0.02
_POLLS_PER_AGE = 100
# Reading pg_locks delays sessions that take locks: look less often where it is slow.
_REST_PER_LOOK = 3.0
_LONGEST_REST = 0.1
_TOO_LONG_TRIES = 3
# Shares of the bound: for the queue alone, and for queue and statement together.
# The rest is for the requests that have queued up meanwhile.
_QUEUE_SHARE = 0.88
_WHOLE_SHARE = 0.96
# The queue's share after a statement did not end within the bound.
_QUEUE_SHARE_WITH_ROOM = 0.4
# An autovacuum worker yields when a session has waited for deadlock_timeout.
_NUDGE_BEYOND_DEADLOCK_TIMEOUT = 2000
_LONGER_WAIT = qualified(
    "PERFORM pg_catalog.set_config('lock_timeout',"
    f" (setting::int + {_NUDGE_BEYOND_DEADLOCK_TIMEOUT})::text, true)"
    " FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout';"
)
_NUDGE_EVERY = 3.0
_SHARE_OF_DEADLOCK_TIMEOUT = 0.8
_SECONDS_TO_DEADLOCK_CHECK = (
    "SELECT setting::numeric / 1000 FROM pg_catalog.pg_settings"
    " WHERE name = 'deadlock_timeout'"
)
_OWN_GRACE = 1.0
_NO_LOCK = "Another transaction has taken the name of an object and not ended. "


class LockAcquisition:
    """The tries to take the strong locks of one step, and to run it.

    Args:
        database: a connection in autocommit mode.
        step: a step that runs in a short transaction.
        settings: the settings for locks, with ``lock_timeout``, ``lock_patience`` and
            ``lock_deadline``.
        note_done: a function that is called when the server has committed the step.
    """

    def __init__(
        self,
        database: Database,
        step: Step,
        settings: Settings,
        note_done: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self.database, self.step, self.settings = database, step, settings
        self._note_done = note_done
        self.bound = settings.lock_timeout.total_seconds()
        self.started = time.monotonic()
        self.departures = Departures()
        self._longest_queue = _QUEUE_SHARE * self.bound
        self.patience = Patience(
            bound=self._longest_queue,
            patience=settings.lock_patience.total_seconds(),
            start=self.started,
        )
        self.tries = self._too_long = 0
        self._waits_for_name = False
        self._notices = Notices(settings)
        self._acts = BlockerActs(settings)
        self._nudged_at = self._look_took = 0.0

    def run(self) -> Timing:
        """Run the step under its locks.

        Raises:
            LockNotAvailableError: the deadline passed.
            OwnProcessBlocksError: a session of this process holds the lock.
            StatementTimeoutError: the statement itself needs longer than the bound.
            DBAPIError: the statement failed for another reason.
        """
        whole = max(2, round(_WHOLE_SHARE * self.bound * 1000))
        limits = {"statement_timeout": f"{whole}ms"}
        self._leave_before_deadlock_check()
        if self.database.splits_statements:
            return self._timing(self._run(limits))
        # Set before the first look: a good moment must not wait for a round trip.
        with session_settings(self.database, list(limits.items())):
            began = self._run(limits)
        return self._timing(began)

    def _leave_before_deadlock_check(self) -> None:
        """Shorten the queueing so that a deadlock makes this step give way.

        The step holds one lock while it waits for the next.  A transaction that waits
        for it looks for a deadlock after ``deadlock_timeout``, and would be ended then.
        """
        waits = sum(
            1 + lock.partitions
            for lock in self.step.locks
            if lock.kind == "table" and lock.mode.stalls_application
        )
        if waits > 1:
            found = float(self.database.value(_SECONDS_TO_DEADLOCK_CHECK))
            others = min(waits - 1, len(self.step.locks))
            longest = _SHARE_OF_DEADLOCK_TIMEOUT * found / others
            self._longest_queue = min(self._longest_queue, longest)
            self.patience.bound = self._longest_queue

    def _run(self, limits: Mapping[str, str]) -> float:
        """Try until the step has run, and return when the last try began."""
        while True:
            allowed = self._wait_outside()
            self.tries += 1
            began = time.monotonic()
            transaction = short_transaction(self.step, max(1, round(allowed * 1000)))
            try:
                self.database.execute(transaction, limits)
            except DBAPIError as error:
                self._after_failure(error, allowed, time.monotonic() - began)
            else:
                self._note_done(self.step)
                return began

    def _wait_outside(self) -> float:
        """Wait for a good moment to queue, and return the time limit for the queue."""
        targets = self._targets()
        while True:
            holders = self._holders(targets)
            now = time.monotonic()
            self.departures.observe(
                {holder.transaction: holder.age for holder in holders}, now
            )
            gatekeepers = [h for h in holders if h.keeps_schema_changes_out]
            allowed = self.patience.try_for(self.departures, now)
            if allowed is not None and not gatekeepers:
                return allowed
            self._give_up_or_say(holders, now)
            self._acts.end(self.database, holders, activity.blocks(targets))
            self._nudge_autovacuum(gatekeepers, now)
            self.database.sleep(self._poll_interval())

    def _targets(self) -> Sequence[Target]:
        with self._unhurried():
            return activity.targets(self.database, self.step.locks)

    def _holders(self, targets: Sequence[Target]) -> list[Holder]:
        """Return the blockers; repeat a query that timed out without a timeout."""
        began, limit = time.monotonic(), _WHOLE_SHARE * self.bound
        try:
            return activity.holders(self.database, targets)
        except DBAPIError as error:
            state = driver_errors.diagnostics(error).sqlstate
            is_cancel = driver_errors.is_cancel_within(error, began, limit)
            if is_cancel or state != driver_errors.QUERY_CANCELED:
                raise
            with self._unhurried():
                return activity.holders(self.database, targets)
        finally:
            self._look_took = time.monotonic() - began

    def _is_over(self) -> bool:
        waited = time.monotonic() - self.started
        return waited > self.settings.lock_deadline.total_seconds()

    def _poll_interval(self) -> float:
        youngest = min(self.departures.ages.values(), default=0.0)
        wanted = min(_SLOWEST_POLL, max(_FASTEST_POLL, youngest / _POLLS_PER_AGE))
        return max(wanted, min(_LONGEST_REST, _REST_PER_LOOK * self._look_took))

    def _nudge_autovacuum(self, gatekeepers: list[Holder], now: float) -> None:
        """Queue for a lock that blocks no reads or writes, until autovacuum yields."""
        yielding = [h for h in gatekeepers if h.is_autovacuum]
        if not yielding or len(yielding) < len(gatekeepers):
            return
        tables = ", ".join(
            lock.lockable for lock in self.step.locks if lock.kind == "table"
        )
        if not tables or now - self._nudged_at < _NUDGE_EVERY:
            return
        self._nudged_at = now
        gate = LockMode.SHARE_UPDATE_EXCLUSIVE.value
        locking = f"LOCK TABLE {tables} IN {gate} MODE;"
        try:
            with self._unhurried():
                self.database.execute(do_block((_LONGER_WAIT, locking)))
        except DBAPIError as error:
            if driver_errors.diagnostics(error).sqlstate not in _NOT_FREE:
                raise

    def _after_failure(self, error: DBAPIError, allowed: float, took: float) -> None:
        """Note a failed try, or raise when another try would not help."""
        state = driver_errors.diagnostics(error).sqlstate
        if driver_errors.is_disconnect(error) or state not in _RETRIED:
            raise error
        if state == driver_errors.QUERY_CANCELED:
            self._make_room(error, allowed, took)
        self._waits_for_name = driver_errors.waits_for_name(error)
        now = time.monotonic()
        self.patience.failed(took, now)
        self._notices.say(
            f"could not get {_words(self.step)} in {took * 1000:.0f} ms, "
            f"try {self.tries}; trying again"
        )
        if self._is_over():
            raise self._lacked(self._holders(self._targets())) from error
        jitter = random.uniform(0.5, 1.5)  # noqa: S311  # no secret
        self.database.sleep(jitter * _FASTEST_POLL)

    def _make_room(self, error: DBAPIError, allowed: float, took: float) -> None:
        """Queue for less time after a statement exceeded the bound, or give up."""
        if took < 0.8 * _WHOLE_SHARE * self.bound:
            raise error  # cancelled by a request, not by the step's own timeout
        room = _QUEUE_SHARE_WITH_ROOM * self.bound
        self.patience.bound = min(room, self._longest_queue)
        if allowed <= self.patience.bound:
            self._too_long += 1
        if self._too_long >= (1 if self._is_wide else _TOO_LONG_TRIES):
            raise self._too_slow() from error

    @property
    def _is_wide(self) -> bool:
        """Check whether each try is slow because it locks many partitions."""
        return any(lock.partitions >= FEW for lock in self.step.locks)

    def _give_up_or_say(self, holders: list[Holder], now: float) -> None:
        waited = now - self.started
        own = own_process.backend_pids(self.database.connection)
        mine = [holder for holder in holders if holder.pid in own]
        if mine and waited > _OWN_GRACE and are_idle(mine):
            raise blockers.of_own_process(self.step, mine, self._describe(mine))
        if self._is_over():
            if self._too_long and not holders:
                raise self._too_slow()
            raise self._lacked(holders)
        if self._notices.is_due():
            step_events.blocked(self.step, holders, waited, self.settings)
            self._notices.say(
                f"waiting outside the queue for {_words(self.step)}: "
                f"{self._describe(holders)}"
            )

    def _describe(self, holders: list[Holder]) -> str:
        queries = self.settings.show_queries
        with self._unhurried():
            return blockers.describe(self.database, holders, queries=queries)

    def _unhurried(self) -> AbstractContextManager[None]:
        """Switch statement_timeout off while the body runs."""
        return session_settings(self.database, [("statement_timeout", "0")])

    def _timing(self, began: float) -> Timing:
        setting = f"SELECT pg_catalog.current_setting('{TIMING}', true)"
        text = self.database.value(setting)
        waited = began - self.started
        queued, ran = (float(part) for part in text.split()) if text else (0.0, 0.0)
        step_events.lock_waited(self.step, waited + queued, self.tries)
        return Timing(queued=waited + queued, ran=ran, tries=self.tries)

    def _gave_up(self, holders: list[Holder], no: str = "") -> LockNotAvailableError:
        remedy = blockers.ending(holders)
        waited = time.monotonic() - self.started
        step_events.lock_waited(self.step, waited, self.tries)
        step_events.gave_up(self.step, holders, waited, self.settings)
        return LockNotAvailableError(
            f"could not {self.step.purpose}: no {_words(self.step)} within "
            f"{seconds(self.settings.lock_deadline)}",
            detail=f"That lock blocks {self.step.blocks}; {self.tries} tries of at "
            f"most {seconds(self.settings.lock_timeout)} were made. "
            + (no + self._describe(holders) or "No session holds it at this moment."),
            hint=f"{remedy} or raise lock_deadline, then {RUN_AGAIN}",
            relation=self.step.locks[0].relation,
            lock=self.step.locks[0].mode.value,
            tries=self.tries,
            pids=[holder.pid for holder in holders],
        )

    def _lacked(self, holders: list[Holder]) -> LockNotAvailableError:
        """Return the error for failed tries, which may have waited for a name."""
        if holders or not self._waits_for_name:
            return self._gave_up(holders)
        waited = time.monotonic() - self.started
        return self._gave_up(activity.writers_since(self.database, waited), _NO_LOCK)

    def _too_slow(self) -> StatementTimeoutError:
        bound = enough((4 if self._is_wide else 1) * self.bound)
        return StatementTimeoutError(
            f"could not {self.step.purpose}: it takes longer than "
            f"{seconds(self.settings.lock_timeout)}",
            detail=f"The step needs {_words(self.step)}, which blocks "
            f"{self.step.blocks}. It was ended {_times(self._too_long)}, so that no "
            "query waits longer.",
            hint=(
                f'Raise the bound for this run with "-x zdt.lock_timeout={bound}" if '
                "the application can wait that long, then run the same command again."
            ),
            bound=milliseconds(self.settings.lock_timeout),
        )


def _times(number: int) -> str:
    return f"{number} times" if number > 1 else "once"


def _words(step: Step) -> str:
    return " and ".join(str(lock) for lock in step.locks)
