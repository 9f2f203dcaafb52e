"""``alembic-zdt work``: run queued calls and backfills in each database of env.py."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.commands.backfill_queue import BackfillShift
from alembic_zdt.commands.databases_with import in_databases
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import CannotConnectError, ConnectionLostError, ZdtError
from alembic_zdt.queueing.queue_worker import QueueWorker, WorkTime
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import ends_explained

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

_POLL = 2.0
_CONNECT_AGAIN = 5.0
# A backfill may last for hours, and calls have windows.
_SLICE = 60.0
_LOST = (ConnectionLostError, CannotConnectError, DBAPIError, OSError)


def work(config: Config, seconds: float | None, *, watch: bool) -> None:
    """Run queued calls and backfills until none is left for this process.

    Args:
        config: Alembic's configuration.
        seconds: begin nothing more after this many seconds.
        watch: wait for more work instead of returning.

    Raises:
        ZdtError: a call or a backfill failed; the others were run before.
    """
    until = None if seconds is None else time.monotonic() + seconds
    night = _Night(config, WorkTime(until), watch=watch)
    night.work()
    if night.failure is not None:
        raise night.failure


class _Night:
    """The work of one process in all databases of env.py."""

    def __init__(self, config: Config, time_left: WorkTime, *, watch: bool) -> None:
        self._config = config
        self._script = ScriptDirectory.from_config(config)
        # env.py may set version_locations on the same object.
        self._calls = RevisionCalls(config, self._script)
        self._time = time_left
        self._watch = watch
        self._databases = 0  # unknown before the first round
        self.failure: ZdtError | None = None

    def work(self) -> None:
        """Work in each database in turn, until the time is over or nothing is left."""
        while self._is_left() and not self._time.is_over:
            time.sleep(_POLL)

    def _is_left(self) -> bool:
        """Work one round, and return whether another one must follow."""
        try:
            left = in_databases(self._config, self._work_in, self._script)
        except _LOST as error:
            # At the start the URL may be wrong, and a person should know at once.
            if not (self._watch and self._databases and _is_lost(error)):
                raise
            log.warning("%s; trying again", str(error).partition("\n")[0])
            time.sleep(_CONNECT_AGAIN)
            return True
        self._databases = len(left)
        return any(left) or self._watch

    def _work_in(self, context: MigrationContext, database: Database) -> bool:
        """Work in a database, and return whether to continue there soon."""
        settings = settings_of(context)
        place, until = place_of(settings, context), self._time.until
        worker = QueueWorker(context, database, self._calls, self._time)
        shift = BackfillShift(database, place, settings, self._calls, until)
        try:
            with ends_explained("look for queued calls"):
                return self._shift(database, worker, shift)
        except ZdtError as error:
            if database.connection.invalidated:
                raise
            log.warning("%s", error.primary)
            self._note(error)
            return False
        finally:
            self._note(worker.failure or shift.failure)

    def _shift(
        self, database: Database, worker: QueueWorker, shift: BackfillShift
    ) -> bool:
        while True:
            found = [worker.work()]
            is_limited = self._watch or worker.has_open or self._databases != 1
            found.append(shift.work(None, _SLICE if is_limited else None))
            # With several databases the next one has its turn.
            stays = self._databases == 1 and (any(found) or self._watch)
            if not stays or self._time.is_over:
                return any(found)
            database.sleep(_POLL)

    def _note(self, error: ZdtError | None) -> None:
        self.failure = self.failure or error


def _is_lost(error: BaseException) -> bool:
    return not isinstance(error, DBAPIError) or driver_errors.is_disconnect(error)
