"""A second session, which looks at the locks of others while they run statements.

https://www.postgresql.org/docs/current/view-pg-locks.html
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName

Work = Callable[[Connection], Any]
Key = tuple[QualifiedName, LockMode]

UNTRACED = "zdt_untraced"
"""The execution option of connections that are not traced."""

_MODES = {mode.pg_locks_mode: mode for mode in LockMode}
_REST = 0.001
_PATIENCE = "100ms"
_LONGEST_HOLD = 1.0
"""Seconds for which a statement that takes no lock of a user's table is held up."""
_TABLES = (
    "SELECT c.relname::text, n.nspname::text FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('r', 'p') AND {IN_USER_SCHEMA}"
)
_LOCKS = f"""
SELECT n.nspname::text, c.relname::text, t.relname::text, l.mode,
    l.granted, coalesce(extract(epoch FROM clock_timestamp() - l.waitstart), 0)::float8
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_class c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE l.pid = {{pid}} AND l.locktype = 'relation' AND {IN_USER_SCHEMA}
    AND l.mode <> 'SIReadLock'
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
        WHERE d.datname = current_database())
"""


@dataclass
class WatchedLock:
    """A lock that a session has, or has waited for.

    Attributes:
        table: the table of an index, else the relation.
        since: when it was first seen as granted, None if it never was.
        queued: seconds in the queue.
    """

    table: QualifiedName
    since: float | None = None
    queued: float = 0.0


class LockWatcher:
    """A thread with a session of its own.

    Args:
        connected: a function that runs its argument over a new connection in
            autocommit mode.
    """

    def __init__(self, connected: Callable[[Work], Any]) -> None:
        self._connected = connected
        self._requests: queue.Queue[tuple[Work, Future[Any]] | None] = queue.Queue()
        self._is_over = False
        self._held_up_until: float | None = None
        self._watched: dict[int, dict[Key, WatchedLock]] = {}
        self._failure: BaseException | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep the session open while the body runs."""
        thread = threading.Thread(target=self._run, name="zdt-tracing", daemon=True)
        thread.start()
        try:
            self._ask(lambda _connection: None)
            yield
        finally:
            self._is_over = True
            self._requests.put(None)
            thread.join()

    def watch(self, pid: int, *, held_up: bool = False) -> None:
        """Begin to look at the locks of a session again and again.

        Args:
            pid: the session's process.
            held_up: make a CONCURRENTLY statement wait until a lock of it was seen.
        """
        if held_up:
            self._ask(self._hold_up)
        self._watched[pid] = {}
        self._requests.put(None)  # wake the thread, which may wait for a request

    def end(self, pid: int) -> dict[Key, WatchedLock]:
        """Look a last time, and return the locks that were seen since ``watch()``."""
        self._ask(lambda connection: self._look_last(connection, pid))
        return self._watched.pop(pid, {})

    def _ask(self, work: Work) -> Any:
        answer: Future[Any] = Future()
        self._requests.put((work, answer))
        while True:
            try:
                return answer.result(timeout=1)
            except TimeoutError:
                if self._failure is not None:
                    raise self._failure from None

    def _run(self) -> None:
        try:
            self._connected(self._serve)
        except BaseException as error:  # noqa: BLE001  # the asking thread raises it
            self._failure = error

    def _serve(self, connection: Connection) -> None:
        own = connection.execution_options(**{UNTRACED: True})
        while not self._is_over:
            for pid in list(self._watched):
                self._look(own, pid)
            with suppress(queue.Empty):
                request = self._requests.get(timeout=_REST if self._watched else None)
                if request is not None:
                    _answer(own, *request)

    def _hold_up(self, connection: Connection) -> None:
        """Open a transaction for whose end a CONCURRENTLY statement waits.

        It waits for a snapshot, or for any lock on the table.
        """
        database = Database(connection)
        names = [QualifiedName(*row).sql for row in database.rows(_TABLES)]
        database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        database.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        database.execute("SAVEPOINT zdt_tables")
        try:
            if names:
                database.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS SHARE MODE")
        except DBAPIError:  # a snapshot is enough for most statements
            database.execute("ROLLBACK TO zdt_tables")
        database.execute("SELECT 1")
        self._held_up_until = time.monotonic() + _LONGEST_HOLD

    def _let_go(self, connection: Connection) -> None:
        if self._held_up_until is not None:
            Database(connection).execute("COMMIT")
            self._held_up_until = None

    def _look_last(self, connection: Connection, pid: int) -> None:
        self._look(connection, pid)
        self._let_go(connection)

    def _look(self, connection: Connection, pid: int) -> None:
        found = self._watched.get(pid)
        if found is None:
            return
        rows = Database(connection).rows(_LOCKS.format(pid=pid))
        now = time.monotonic()
        for schema, name, table, mode, granted, queued in rows:
            key = (QualifiedName(name, schema), _MODES[mode])
            lock = found.setdefault(
                key, WatchedLock(QualifiedName(table or name, schema))
            )
            if granted and lock.since is None:
                lock.since = now
            lock.queued = max(lock.queued, queued)
        if found or now > (self._held_up_until or now):
            self._let_go(connection)


def _answer(connection: Connection, work: Work, answer: Future[Any]) -> None:
    try:
        answer.set_result(work(connection))
    except BaseException as error:
        answer.set_exception(error)
        raise
