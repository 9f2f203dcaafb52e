"""Watch a blocking statement over a second connection.

A sync driver blocks its thread, so the watcher gets a thread.  An async driver frees
the event loop, so the watcher becomes a task of the same loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.util import await_only, greenlet_spawn

from alembic_zdt.connection.database import Database
from alembic_zdt.connection.second_connection import second_connection

log = logging.getLogger("alembic_zdt")

_LONGEST_GOODBYE = 5.0


class Watcher:
    """A connection for a watching function, and the flag that ends the watch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_async = connection.dialect.is_async
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Tell the watching function that the statement has ended."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Check whether the statement has ended."""
        return self._stopped.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait for *seconds* or the statement's end, and return whether to go on."""
        if not self.is_async:
            return not self._stopped.wait(seconds)
        waited = 0.0
        while waited < seconds and not self.stopped:
            await_only(asyncio.sleep(min(0.02, seconds - waited)))
            waited += 0.02
        return not self.stopped

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Yield a new connection in autocommit mode, and close it afterwards."""
        with second_connection(self._connection) as second:
            yield Database(second)


@contextmanager
def beside(
    connection: Connection, watch: Callable[[Watcher], None]
) -> Iterator[Watcher]:
    """Run *watch* while the body runs, and only log a failure of *watch*."""
    watcher = Watcher(connection)
    run = _in_task if watcher.is_async else _in_thread
    with run(watcher, watch):
        yield watcher


def _quietly(watcher: Watcher, watch: Callable[[Watcher], None]) -> None:
    try:
        watch(watcher)
    except Exception as error:  # noqa: BLE001  # each driver refuses in its own way
        log.debug("cannot watch the statement: %s", error)


@contextmanager
def _in_thread(watcher: Watcher, watch: Callable[[Watcher], None]) -> Iterator[None]:
    thread = threading.Thread(
        target=_quietly, args=(watcher, watch), name="alembic_zdt watcher", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        watcher.stop()
        thread.join(_LONGEST_GOODBYE)


@contextmanager
def _in_task(watcher: Watcher, watch: Callable[[Watcher], None]) -> Iterator[None]:
    task = asyncio.ensure_future(greenlet_spawn(_quietly, watcher, watch))
    try:
        yield
    finally:
        watcher.stop()
        await_only(asyncio.wait({task}, timeout=_LONGEST_GOODBYE))
        task.cancel()
