"""Work on a backfill: lease slices, change their rows, and prove that none is left."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from typing import TypeAlias

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill import proof, slice_plan
from alembic_zdt.backfill.batch_session import Session
from alembic_zdt.backfill.batches import CheckSchedule, LeaseLostError, SliceBatches
from alembic_zdt.backfill.journal import Journal, Place, Record
from alembic_zdt.backfill.key_walk import KeyWalk
from alembic_zdt.backfill.pace import Pace
from alembic_zdt.backfill.page_fill import PageFill
from alembic_zdt.backfill.page_walk import Paces, PageWalk, first_guess
from alembic_zdt.backfill.report import Report
from alembic_zdt.backfill.rest_walk import RestWalk
from alembic_zdt.backfill.rounds import Rounds
from alembic_zdt.backfill.row_writers import row_holders
from alembic_zdt.backfill.slices import NewSlice, Slice, Slices
from alembic_zdt.backfill.statistics import analyze
from alembic_zdt.backfill.waiting import holds_of
from alembic_zdt.backfill.walk import Held, Rest
from alembic_zdt.catalog import activity, storage
from alembic_zdt.catalog.storage import Store
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import BackfillUnfinishedError, ZdtError
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.settings import Settings
from alembic_zdt.throttles.throttle import REST_PER_LOOK, Moment

log = logging.getLogger("alembic_zdt")

_MOST_ROWS = 100_000
_MOST_LISTED = 1000
_POLL = 0.2
_RENEW_EVERY = 10.0

WalkArguments: TypeAlias = tuple[SliceBatches, Slice, Database, Settings, Rest, Held]


class StoppedError(Exception):
    """A stop at the deadline, or after another session has changed the backfill."""


class Worker:
    """One of the workers of a backfill.

    Args:
        database: a connection in autocommit mode.
        place: the place of the journal.
        record: the backfill.
        settings: the settings: ``lock_timeout``, ``lock_deadline``, and what is shown.
        seconds: stop after this many seconds, but not before one batch is done. None
            stops only at the end.
        stays: wait while other workers have the last slices, or while the backfill is
            paused.
    """

    def __init__(
        self,
        database: Database,
        place: Place,
        record: Record,
        settings: Settings,
        *,
        seconds: float | None = None,
        stays: bool = True,
    ) -> None:
        self.settings = settings
        self.name = record.name
        self.definition = record.definition
        self.fingerprint = record.fingerprint
        pace = record.definition.batch_seconds
        self.session = Session(database.connection, settings, pace)
        self.journal = Journal(self.session, place)
        self.slices = Slices(self.session, place)
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stop_at = None if seconds is None else time.monotonic() + seconds
        self._stays = stays
        self._holds = holds_of(self.journal, self.slices, record, settings)
        self._report = Report(self.slices, record, settings)
        self._rows = 0
        self._watch = CheckSchedule()
        self._learned: dict[int, tuple[Paces, PageFill]] = {}
        self._rounds = Rounds(self.session, self.slices, self.definition, settings)
        self._stores: list[Store] = []  # of the newest statement
        self._is_finished = False  # by this worker
        self._may_stop = False  # not before the first batch, so that each run gets on
        self._renewed_at = 0.0
        self._looked_at = 0.0

    def run(self) -> bool:
        """Work until the backfill is finished or the time is over.

        Returns:
            Whether something is left to do.

        Raises:
            ZdtError: the backfill has failed, and the journal holds the reason; or the
                connection is lost.
        """
        texts = tuple(self.definition.values.values())
        try:
            with (
                self.session.opened(
                    durable=storage.calls_volatile(self.session, texts)
                ),
                self._report,
                self._holds,
            ):
                return self._work()
        except StoppedError:
            return self.journal.status(self.name) not in _OVER
        except ZdtError as error:
            self._set_status(states.FAILED, error.message)
            raise
        except DBAPIError as error:
            found = explained(error, f'backfill "{self.name}"', self.settings)
            if not driver_errors.is_disconnect(error):
                self._set_status(states.FAILED, found.message)
            raise found from error

    def _set_status(self, status: str, error: str | None = None) -> None:
        self.journal.set_status(self.name, status, error, fingerprint=self.fingerprint)

    def _work(self) -> bool:
        while not self._is_finished:
            self._look()
            leased = self.slices.lease(self.name, self.fingerprint, self.worker)
            if leased:
                self._work_off(leased)
            elif self.slices.has_open(self.name):
                if not self._stays:
                    return True
                self._may_stop = True
                self.session.sleep(_POLL)
            elif not self._go_on():
                break
        return False

    def _go_on(self) -> bool:
        """Begin the first round or the proof, and return whether more is to do."""
        record = self.journal.find(self.name)
        if record is None or not record.is_open:
            return False
        if record.fingerprint != self.fingerprint:
            raise StoppedError  # begun again as another one
        stores = slice_plan.stores(self.session, self.definition)
        if record.round == 0:
            slice_plan.check(self.session, self.definition, stores)
            first = slice_plan.slices(self.definition, stores)
            self.slices.begin_round(self.name, 0, first)
        else:
            self.slices.add(self.name, record.round, NewSlice("proof", 0))
        return True

    # ---------------------------------------------------------------------- slices

    def _work_off(self, leased: Slice) -> None:
        try:
            if leased.kind == "proof":
                self._hold(leased)
                self._prove(leased)
                return
            table = self.definition.table
            store = storage.store(self.session, leased.relation, table)
            if store is not None:  # else dropped or detached, a partition for example
                self._walk(leased, store)
            self.slices.release(leased, self.worker, done=True)
        except LeaseLostError:
            log.warning("%s: another worker goes on with this slice", self.name)
        except Exception as error:
            lost = isinstance(error, DBAPIError) and driver_errors.is_disconnect(error)
            if not lost:  # else the lease ended with the session
                self.slices.release(leased, self.worker)
            given = (self.definition, self._stores)
            if lost or not slice_plan.has_lost_table(self.session, *given, error):
                raise

    def _walk_of(self, leased: Slice, store: Store) -> WalkArguments:
        definition, self._stores = self.definition, [store]
        key = storage.primary_key(self.session, store.oid)
        batches = SliceBatches(
            *(self.slices, leased, self.worker, definition, store, key, self.session),
            self._watch,
        )
        before = self._rows

        def rest() -> None:
            self._rows = before + batches.rows
            self._rest(leased)

        def held() -> str:
            others = [pid for _, pid in self.slices.workers(self.name)]
            queries = self.settings.show_queries
            who = row_holders(self.session, store, others, queries=queries)
            self._report.say_held(f"rows are locked. {who}".strip())
            return who

        return batches, leased, self.session, self.settings, rest, held

    def _walk(self, leased: Slice, store: Store) -> None:
        definition = self.definition
        walk = self._walk_of(leased, store)
        if leased.kind == "keys":
            pace = Pace(definition.batch_seconds, _MOST_ROWS, definition.batch_rows)
            KeyWalk(*walk).run(pace, slice_plan.key_of(self.session, definition, store))
            return
        changed = tuple(definition.values)
        indexes = storage.indexes_with(self.session, store.oid, changed)
        self._report.say_indexed(store, indexes)
        if store.oid not in self._learned:
            self._learned[store.oid] = first_guess(
                self.session, definition, store, indexed=bool(indexes)
            )
        paces, room = self._learned[store.oid]
        PageWalk(*walk).run(
            paces, room, lambda: self._report.say_moved(store, self._why_moved())
        )

    def _why_moved(self) -> str:
        oldest = activity.oldest_snapshot(self.session)
        if oldest:
            return f"{oldest} keeps vacuum from removing dead rows"
        return "dead rows are not removed in time"

    # ----------------------------------------------------------------------- pauses

    def _rest(self, leased: Slice) -> None:
        """Pause between two batches for as long as a throttle asks for it."""
        if self.definition.pause:
            self.session.sleep(self.definition.pause)
        self._look()
        self._may_stop = True
        self._report.show()
        self._hold(leased)

    def _hold(self, leased: Slice) -> None:
        """Wait while a throttle holds the work back."""
        while reason := self._holds.reason(Moment(leased.relation, self._rows)):
            self._may_stop = True
            self._report.tell_held(reason)
            self._renew(leased)
            self.session.sleep(_POLL)
            self._look()

    def _renew(self, leased: Slice) -> None:
        if time.monotonic() - self._renewed_at > _RENEW_EVERY:
            self._renewed_at = time.monotonic()
            if not self.slices.renew(leased, self.worker):
                raise LeaseLostError

    def _look(self) -> None:
        """Wait while the backfill is paused, and raise when it is time to stop."""
        now = time.monotonic()
        if self._may_stop and self._stop_at is not None and now > self._stop_at:
            raise StoppedError
        if now - self._looked_at < _POLL:
            return
        while (status := self._status()) == states.PAUSED:
            if not self._stays:
                raise StoppedError
            self._report.say_held("it is paused; to go on: alembic-zdt backfill resume")
            self.session.sleep(_POLL)
        # The backfill may also have begun again with another definition.
        if status == states.CANCELLED == self.journal.status(self.name):
            raise _cancelled(self.name)
        if status != states.RUNNING:
            raise StoppedError

    def _status(self) -> str:
        began = time.monotonic()
        status = self.journal.status(self.name, self.fingerprint)
        now = time.monotonic()
        self._looked_at = now + REST_PER_LOOK * (now - began)
        return status

    # ------------------------------------------------------------------------ proof

    def _prove(self, leased: Slice) -> None:
        """Look for rows that are left, and finish the backfill if there are none."""
        if self.definition.verify and not self._none_is_left(leased):
            return
        analyze(self.session, self.definition, self.name)
        # The status must survive a crash, and with it all commits before it.
        with session_settings(self.session, (("synchronous_commit", "on"),)):
            self._set_status(states.FINISHED)
        self._is_finished = True
        self.slices.release(leased, self.worker, done=True)

    def _none_is_left(self, leased: Slice) -> bool:
        """Check that no row is left, after changing a few, or plan another round."""
        changed: int | None = None
        while rest := self._remaining(leased):
            if not (count := self._rounds.add(leased, rest, changed)):
                return True
            # Without a key, only a walk finds rows that other sessions keep moving.
            is_lost = changed == 0 and not all(found.key for found in rest)
            if count > proof.MOST_PLACES or is_lost:
                self._once_more(leased, rest)
                return False
            before = self._rows
            for found in rest:
                self._work_off_rest(leased, found)
            changed = self._rows - before
        return True

    def _remaining(self, leased: Slice) -> list[proof.Remaining]:
        if not self.slices.renew(leased, self.worker):
            raise LeaseLostError
        self._stores = slice_plan.stores(self.session, self.definition)
        self._rounds.begin()
        with self._report.proving(self.session):
            return proof.remaining(self.session, self.definition, self._stores)

    def _work_off_rest(self, leased: Slice, found: proof.Remaining) -> None:
        """Change the few rows that the proof has found."""
        definition = self.definition
        pace = Pace(definition.batch_seconds, _MOST_LISTED, definition.batch_rows)
        before, walk = self._rows, self._walk_of(leased, found.store)
        RestWalk(*walk).run(pace, found.key, list(found.places))
        self._rows = before + walk[0].rows

    def _once_more(self, leased: Slice, rest: list[proof.Remaining]) -> None:
        slices = slice_plan.slices_of_rest(self.definition, rest)
        # In this order: a round whose only slice is done would never go on.
        self.slices.begin_round(self.name, leased.round, slices)
        self.slices.release(leased, self.worker, done=True)


_OVER = (states.FINISHED, states.CANCELLED)


def _cancelled(name: str) -> BackfillUnfinishedError:
    return BackfillUnfinishedError(
        f'backfill "{name}" was cancelled',
        detail="alembic-zdt backfill cancel stopped it. Rows that are done stay done.",
        hint="Run the same command to start it again.",
        name=name,
    )
