"""``alembic-zdt backfill``: show, change and run queued backfills."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.jobs import WORKABLE, existing, work_on
from alembic_zdt.backfill.journal import Journal, Place, Record
from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.commands.databases_with import in_databases
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError, ZdtError
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Found = TypeVar("Found")
_POLL = 2.0


@dataclass(frozen=True)
class State:
    """A backfill as ``status`` shows it.

    Attributes:
        record: the backfill's record in the journal.
        rows_done: the number of rows that are done.
        done: the part of the current round that is done.
        of: the size of the current round.
        workers: name and pid of the running workers.
        interrupted: the last worker and when it ended, if no worker is running.
        database: the name of the database.
    """

    record: Record
    rows_done: int
    done: int
    of: int
    workers: Sequence[tuple[str, int]]
    interrupted: tuple[str, str] | None = None
    database: str = ""

    @property
    def status(self) -> str:
        """Return the journal's status, or "interrupted" if no worker is running."""
        return "interrupted" if self.interrupted else self.record.status

    @property
    def share(self) -> float | None:
        """Return the completed part of the round from 0 to 1, None if unknown."""
        return self.done / self.of if self.of else None

    @property
    def waiting(self) -> str | None:
        """Return what holds its workers back, None without a worker."""
        return self.record.waiting if self.workers else None

    def as_json(self) -> dict[str, Any]:
        """Return the state for ``--json``."""
        record = self.record
        return {
            "database": self.database or None,
            "name": record.name,
            "status": self.status,
            "revision": record.revision,
            "table": record.definition.table.label,
            "columns": list(record.definition.values),
            "rows_done": self.rows_done,
            "share": self.share,
            "round": record.round,
            "started_at": record.started_at,
            "updated_at": record.updated_at,
            "finished_at": record.finished_at,
            "workers": [{"name": name, "pid": pid} for name, pid in self.workers],
            "interrupted": self.interrupted
            and {"worker": self.interrupted[0], "since": self.interrupted[1]},
            "waiting": self.waiting,
            "error": None if record.waiting else record.error,
        }

    def as_text(self) -> Iterator[str]:
        """Yield a line for a terminal, and one more for an error."""
        parts = [self._status_in_words(), f"{self.rows_done:,} rows"]
        if self.share is not None and self.record.status != states.FINISHED:
            parts.append(f"{100 * self.share:.0f} %")
        if self.workers:
            rate = self.rows_done / max(self.record.seconds, 1e-3)
            parts.append(f"{rate:,.0f} rows/s")
            parts.append(f"{len(self.workers)} at work")
        yield f"{self.record.name}: {', '.join(parts)}"
        if self.waiting:
            yield f"  waiting: {self.waiting}"
        elif self.record.error and not self.record.waiting:
            yield "  " + self.record.error.partition("\n")[0]
        if self.interrupted:
            yield "  run the interrupted command again: it continues there"

    def _status_in_words(self) -> str:
        if self.interrupted is None:
            return self.status
        worker, since = self.interrupted
        return f"interrupted since {since} (worker {worker})"


def statuses(config: Config, name: str | None) -> list[State]:
    """Return the states of all backfills, or of the one with this name.

    Raises:
        UndefinedObjectError: no backfill has that name.
    """

    def look(database: Database, place: Place, _settings: Settings) -> list[State]:
        journal = Journal(database, place)
        if name is not None:
            records = [existing(journal, name)]
        else:
            records = journal.records() if journal.exists else []
        slices = Slices(database, place)
        return [state_of(slices, record) for record in records]

    return list(chain.from_iterable(_in_databases(config, look, changes=False)))


def state_of(slices: Slices, record: Record) -> State:
    """Return a backfill's progress and its workers."""
    rows, progress = slices.rows_done(record.name), slices.progress(record.name)
    workers = slices.workers(record.name)
    is_left = record.status == states.RUNNING and not workers
    interrupted = slices.interrupted(record.name) if is_left else None
    database = str(slices.database.connection.engine.url.database or "")
    return State(record, rows, *progress, workers, interrupted, database)


def change(config: Config, name: str, status: str) -> None:
    """Pause, resume or cancel a backfill.

    Raises:
        UndefinedObjectError: no backfill has that name.
        UsageError: the backfill is finished or cancelled.
    """

    def look(database: Database, place: Place, _settings: Settings) -> None:
        journal = Journal(database, place)
        record = existing(journal, name)
        if not journal.set_status(name, status):
            raise UsageError(
                f'backfill "{name}" is {record.status}',
                detail=(
                    "A backfill that has ended cannot be paused, resumed or cancelled."
                ),
                hint="Run its revision again to start it again.",
                name=name,
            )

    _in_databases(config, look)


def run(
    config: Config, name: str | None, seconds: float | None, *, watch: bool
) -> None:
    """Work on the queued backfills until no work is left for this process.

    Args:
        config: Alembic's configuration.
        name: the only backfill to work on, None for all.
        seconds: return after this many seconds.
        watch: wait for new backfills instead of returning.

    Raises:
        ZdtError: a backfill failed; the others were worked on before.
    """
    script = ScriptDirectory.from_config(config)
    # env.py may set version_locations on the same object.
    calls = RevisionCalls(config, script)
    until = None if seconds is None else time.monotonic() + seconds

    def look(database: Database, place: Place, settings: Settings) -> None:
        shift = BackfillShift(database, place, settings, calls, until)
        while shift.work(name) or (watch and not shift.is_over):
            database.sleep(_POLL)
        if shift.failure is not None:
            raise shift.failure

    _in_databases(config, look, script)


class BackfillShift:
    """One worker process, until its time is over.

    Args:
        database: a connection in autocommit mode.
        place: the place of the journal.
        settings: the settings.
        calls: the calls of the revision files.
        until: when to stop, by the monotonic clock; None for never.

    Attributes:
        failure: the error of the first backfill that has failed.
    """

    def __init__(
        self,
        database: Database,
        place: Place,
        settings: Settings,
        calls: RevisionCalls,
        until: float | None,
    ) -> None:
        self._database = database
        self._place = place
        self._settings = settings
        self._calls = calls
        self._until = until
        self.failure: ZdtError | None = None

    @property
    def is_over(self) -> bool:
        """Check whether the worker's time is over."""
        return self._until is not None and time.monotonic() > self._until

    def work(self, name: str | None, most: float | None = None) -> bool:
        """Work on each backfill once, and return whether to continue soon.

        Args:
            name: the only backfill to work on, None for all.
            most: leave each backfill after this many seconds, None for at its end.
        """
        journal = Journal(self._database, self._place)
        if not journal.exists:
            return False
        wanted = [existing(journal, name)] if name else journal.records()
        left = [
            self._work_on(record, most)
            for record in wanted
            if record.status in WORKABLE and self._is_deployed(record)
        ]
        return any(left) and not self.is_over

    def _is_deployed(self, record: Record) -> bool:
        """Check whether the code here has the revision that queued the backfill."""
        if record.revision is None:
            return True
        try:
            self._calls.script.get_revision(record.revision)
        except CommandError:
            log.info(
                'skipped: backfill %s (revision "%s" is not deployed here)',
                record.name,
                record.revision,
            )
            return False
        return True

    def _work_on(self, record: Record, most: float | None) -> bool:
        left = most
        if self._until is not None:
            left = self._until - time.monotonic()
            left = left if most is None else min(left, most)
        try:
            known = self._calls.confirmed(record, self._database)
            return work_on(self._database, self._place, known, self._settings, left)
        except ZdtError as error:
            if self._database.connection.invalidated:
                raise
            log.warning("%s: %s", record.name, error.primary)
            self.failure = self.failure or error
            return False


def _in_databases(
    config: Config,
    look: Callable[[Database, Place, Settings], Found],
    script: ScriptDirectory | None = None,
    *,
    changes: bool = True,
) -> list[Found]:
    """Return the results of *look* in the databases that have the backfill."""

    def within(context: MigrationContext, database: Database) -> Found:
        settings = settings_of(context)
        return look(database, place_of(settings, context), settings)

    return in_databases(config, within, script, changes=changes)
