"""A session of the control database that is replaced when it is lost.

It has a thread of its own.  So the thread that upgrades a target has no event loop,
whatever the driver is, and a lost session does not end the upgrade.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import CannotConnectError
from alembic_zdt.fleet.control import over, rights_named
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.schema_sessions import keep_outside

log = logging.getLogger("alembic_zdt")

Found = TypeVar("Found")
_Job = tuple["Future[Any]", Callable[[RunTables], Any]]

_PATIENCE = 60.0
_PAUSE = 0.5


class ControlSession:
    """A session of the control database, until the end of a ``with``.

    Args:
        url: the URL of the control database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._jobs: queue.Queue[_Job | None] | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(waits=kind is None)

    def ask(self, work: Callable[[RunTables], Found]) -> Found:
        """Return the result of *work*, which is repeated if the session is lost.

        Args:
            work: a function of the tables of all runs.

        Raises:
            CannotConnectError: the control database does not answer for a minute; or at
                once, before the first session.
        """
        until = time.monotonic() + (_PATIENCE if self._thread else 0)
        while True:
            try:
                return self._asked(work)
            except (DBAPIError, CannotConnectError) as error:
                if not _is_lost(error) or time.monotonic() > until:
                    raise
                self._end(waits=False)
                log.warning("connecting to the control database again: %s", error)
                time.sleep(_PAUSE)

    def _asked(self, work: Callable[[RunTables], Found]) -> Found:
        future: Future[Found] = Future()
        if self._jobs is not None:
            self._jobs.put((future, work))
        else:
            self._jobs = queue.Queue()
            self._jobs.put((future, work))
            self._thread = threading.Thread(
                target=_serve, args=(self._url, self._jobs), daemon=True
            )
            self._thread.start()
        return future.result()

    def _end(self, *, waits: bool) -> None:
        if self._jobs is not None and self._thread is not None:
            self._jobs.put(None)
            if waits:
                self._thread.join()
        self._jobs = None


def _is_lost(error: DBAPIError | CommandError) -> bool:
    return not isinstance(error, DBAPIError) or driver_errors.is_disconnect(error)


def _serve(url: str, jobs: queue.Queue[_Job | None]) -> None:
    """Run the jobs over one session, until None comes or the session is lost."""
    keep_outside()
    try:
        over(url, lambda connection: _work(connection, jobs))
    except BaseException as error:  # noqa: BLE001  # the thread that asks raises it
        with suppress(queue.Empty):  # the end of a session that is lost fails, too
            if (job := jobs.get_nowait()) is not None:
                job[0].set_exception(error)


def _work(connection: Connection, jobs: queue.Queue[_Job | None]) -> None:
    tables = RunTables(Database(connection))
    while (job := jobs.get()) is not None:
        future, work = job
        try:
            with rights_named():
                found = work(tables)
            future.set_result(found)
        except BaseException as error:  # noqa: BLE001  # as above
            future.set_exception(error)
