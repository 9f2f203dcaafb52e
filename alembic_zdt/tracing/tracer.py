"""Trace each statement that SQLAlchemy sends to one database.

A statement in autocommit mode gets a transaction of its own, which stays open until its
locks have been looked at.

https://docs.sqlalchemy.org/en/20/core/events.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from alembic_zdt.connection.session import is_in_transaction, runs_alone
from alembic_zdt.runner import running_step
from alembic_zdt.steps import Step
from alembic_zdt.tracing import own_session, statement_kinds
from alembic_zdt.tracing.lock_watcher import UNTRACED, Key, LockWatcher, WatchedLock
from alembic_zdt.tracing.own_session import Tables
from alembic_zdt.tracing.traced_statement import SeenLock, TracedStatement

_SESSION = "zdt_traced_session"


@dataclass
class _Session:
    """A session whose statements are traced.

    Attributes:
        process: its process on the server, 0 if it is in another database.
        transaction: the number of its transaction.
        locks: the locks of that transaction.
        tables: the tables before the statement that is being run.
        wal: the position in the WAL before it.
        began: when that statement began, None if none is being run.
        ran_until: when the last statement was done.
        is_wrapped: whether the transaction is one that the tracer began.
    """

    process: int
    transaction: int = 0
    locks: dict[Key, SeenLock] = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)
    wal: int = 0
    began: float | None = None
    ran_until: float = 0.0
    is_wrapped: bool = False

    def end_transaction(self, at: float | None = None) -> None:
        """Note how long its locks were held, at the latest until now."""
        now = time.monotonic() if at is None else at
        for lock in self.locks.values():
            lock.held = max(0.0, now - lock.since)
        self.locks, self.transaction = {}, 0

    def forget_released(self, held: Collection[Key], at: float) -> None:
        """Forget the locks that a rollback to a savepoint has released."""
        for key in [key for key in self.locks if key not in held]:
            lock = self.locks.pop(key)
            lock.held = max(0.0, at - lock.since)


class Tracer:
    """A trace of the statements of all SQLAlchemy connections to one database.

    Args:
        database: the name of the database.
        watcher: the second session, which runs.
    """

    def __init__(self, database: str, watcher: LockWatcher) -> None:
        self._database, self._watcher = database, watcher
        self._transactions = 0
        self._step: Step | None = None
        self.statements: list[TracedStatement] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Trace while the body runs."""
        listeners: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._before,
            "after_cursor_execute": self._after,
            "handle_error": self._failed,
            "commit": self._ended,
            "rollback": self._ended,
        }
        with ExitStack() as stack:
            for name, listener in listeners.items():
                event.listen(Engine, name, listener)
                stack.callback(event.remove, Engine, name, listener)
            stack.enter_context(running_step.listening(self._step_begins))
            yield

    def _step_begins(self, step: Step | None) -> None:
        self._step = step

    def _before(self, connection: Connection, _cursor: Any, sql: str, *_: Any) -> None:
        session = self._session(connection)
        if session is None:
            return
        if session.began is not None:  # another listener refused the statement
            self._watcher.end(session.process)
            session.began = None
        if session.is_wrapped:
            self._leave(connection, session, "ROLLBACK")
        if statement_kinds.is_control(sql):
            return
        if not session.transaction or not is_in_transaction(connection):
            self._begin(connection, session, sql)
        session.tables = own_session.tables(connection)
        session.wal = own_session.wal(connection)
        alone = not is_in_transaction(connection)
        self._watcher.watch(session.process, held_up=alone)
        session.began = time.monotonic()

    def _begin(self, connection: Connection, session: _Session, sql: str) -> None:
        session.end_transaction()
        self._transactions += 1
        session.transaction = self._transactions
        if runs_alone(connection) and not statement_kinds.runs_alone(sql):
            own_session.send(connection, "BEGIN")
            session.is_wrapped = True

    def _after(
        self,
        connection: Connection,
        cursor: Any,
        sql: str,
        *_: Any,
    ) -> None:
        session = self._session(connection)
        if session is None:
            return
        if session.began is None:
            if statement_kinds.ends_transaction(sql):
                session.end_transaction()
            return
        found = self._note(session, sql)
        found.is_lock_seen = bool(found.locks) or is_in_transaction(connection)
        found.rows = max(0, cursor.rowcount)
        found.wal = own_session.wal(connection) - session.wal
        after = own_session.tables(connection)
        if not statement_kinds.is_truncate(sql):  # its new files have no rows
            found.scans = own_session.scans(session.tables, after)
            found.rewritten = own_session.rewritten(session.tables, after)
        found.lock_timeout = own_session.lock_timeout(connection)
        if session.is_wrapped:
            self._leave(connection, session, "COMMIT")
        elif not is_in_transaction(connection):
            session.end_transaction()

    def _failed(self, failure: Any) -> None:
        connection = failure.connection
        session = None if connection is None else self._session(connection)
        if session is None or session.began is None:
            return
        found = self._note(session, str(failure.statement))
        found.failed = True
        if session.is_wrapped and not failure.is_disconnect:
            self._leave(connection, session, "ROLLBACK")
        session.is_wrapped = False

    def _ended(self, connection: Connection) -> None:
        session = self._session(connection)
        if session is not None:
            session.end_transaction()

    def _leave(self, connection: Connection, session: _Session, end: str) -> None:
        # Without the tracer it would end as soon as the statement has run.
        session.is_wrapped, began = False, time.monotonic()
        own_session.send(connection, end)
        session.end_transaction(session.ran_until + time.monotonic() - began)

    def _session(self, connection: Connection) -> _Session | None:
        """Return the session of a connection, None if it is not traced."""
        if connection.get_execution_options().get(UNTRACED) or connection.invalidated:
            return None
        if connection.dialect.name != "postgresql" or connection.closed:
            return None
        known: dict[Any, Any] = connection.info
        tracer, session = known.get(_SESSION, (None, None))
        if tracer is not self:
            database, process = own_session.identity(connection)
            session = _Session(process) if database == self._database else None
            known[_SESSION] = self, session
        found: _Session | None = session
        return found

    def _note(self, session: _Session, sql: str) -> TracedStatement:
        """Note the statement that has run, and the locks that it took."""
        now, began = time.monotonic(), session.began or 0.0
        watched = self._watcher.end(session.process)
        session.began, session.ran_until = None, now
        held = {key: each for key, each in watched.items() if _counts(sql, key, each)}
        session.forget_released(held, now)
        new = {key: each for key, each in held.items() if key not in session.locks}
        for key, each in new.items():
            since = min(each.since or now, began + each.queued)
            session.locks[key] = _seen(key, each, since)
        found = TracedStatement(
            sql,
            session.transaction,
            self._step,
            began,
            took=now - began,
            locks=[session.locks[key] for key in new],
            holding=list(session.locks.values()),
        )
        self.statements.append(found)
        return found


def _counts(sql: str, key: Key, watched: WatchedLock) -> bool:
    """Check whether a lock was granted, and is not the one on a dead index.

    DROP INDEX CONCURRENTLY locks the index when no query uses it any more.
    """
    is_of_index = key[0] != watched.table
    is_dead = is_of_index and statement_kinds.is_concurrent(sql)
    return watched.since is not None and not is_dead


def _seen(key: Key, watched: WatchedLock, since: float) -> SeenLock:
    relation, mode = key
    queued = watched.queued
    return SeenLock(relation, mode, watched.table, queued=queued, since=since)
