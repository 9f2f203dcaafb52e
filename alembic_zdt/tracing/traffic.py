"""Statements of an application, sent at a fixed rate while a migration runs."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.tracing import own_session
from alembic_zdt.tracing.lock_watcher import UNTRACED, Work

_PATIENCE = 30.0
"""Seconds to wait for the last answers after the body has ended."""


@dataclass(frozen=True)
class Answer:
    """The answer to a statement.

    Attributes:
        statement: the name of the statement.
        at: when it was due, in seconds since the traffic began.
        took: seconds from then until the answer.
        error: the error of the driver, None if there was none.
    """

    statement: str
    at: float
    took: float
    error: DBAPIError | None = None


class Traffic:
    """The traffic of an application: each statement has a connection of its own.

    A statement that is due while the one before it waits is sent late, and its answer
    counts from the time at which it was due.

    Args:
        connected: a function that runs its argument over a new connection in
            autocommit mode.
        statements: functions that return the SQL to send next, by the name of the
            statement.
        rate: how often each of them is sent in a second.

    Raises:
        UsageError: the rate is not a positive number.
    """

    def __init__(
        self,
        connected: Callable[[Work], Any],
        statements: Mapping[str, Callable[[], str]],
        rate: float,
    ) -> None:
        if not 0 < rate < math.inf:
            raise UsageError(
                f"the rate {rate:g} is not a positive number",
                hint="Say how often each statement is sent in a second, as 20.",
            )
        self._connected, self._statements, self._rate = connected, statements, rate
        self._is_over = threading.Event()
        self._began, self._lasted = 0.0, math.inf
        self._answered = {name: threading.Event() for name in statements}
        self._processes: dict[str, int] = {}
        self.answers: list[Answer] = []

    @property
    def longest(self) -> float:
        """Return the seconds of the slowest answer so far."""
        return max((each.took for each in self.answers), default=0.0)

    @property
    def errors(self) -> list[Answer]:
        """Return the answers that are errors."""
        return [each for each in self.answers if each.error is not None]

    @contextmanager
    def running(self, *, tried: bool = True) -> Iterator[None]:
        """Send the statements while the body runs.

        Args:
            tried: whether each statement has to work before the body begins.

        Raises:
            UsageError: a statement fails before the body begins.
        """
        if tried:
            self._connected(self._try_each)
        self._began = time.monotonic()
        with ThreadPoolExecutor(len(self._statements) or 1) as pool:
            clients = [pool.submit(self._client, each) for each in self._statements]
            try:
                for answered in self._answered.values():
                    answered.wait()
                yield
            finally:
                # Each statement is sent once more: old code may fail from now on.
                self._lasted = time.monotonic() - self._began + 1 / self._rate
                self._is_over.set()
                self._end_those_that_wait(clients)
        for client in clients:
            client.result()

    def _try_each(self, connection: Connection) -> None:
        own = Database(connection.execution_options(**{UNTRACED: True}))
        for make in self._statements.values():
            statement = make()
            try:
                own.execute(statement)
            except DBAPIError as error:
                raise UsageError(
                    f"the traffic fails before the migration: {statement}",
                    detail=str(error.orig).strip(),
                    hint="Give statements that the code of today sends.",
                ) from error

    def _end_those_that_wait(self, clients: Sequence[Future[None]]) -> None:
        """End the sessions that still wait, for a lock that the body has left."""
        _, waiting = wait(clients, timeout=_PATIENCE)
        if waiting:
            pids = ", ".join(map(str, self._processes.values()))
            end = f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{pids}]) pid"
            self._connected(lambda connection: Database(connection).rows(end))

    def _client(self, name: str) -> None:
        numbers = itertools.count()
        try:
            while not self._connected_once(name, numbers):
                pass  # as an application, it connects again
        finally:
            self._answered[name].set()

    def _connected_once(self, name: str, numbers: Iterator[int]) -> bool:
        """Send over a new connection, and return whether the traffic is over."""
        is_done: list[bool] = []

        def work(connection: Connection) -> None:
            own = Database(connection.execution_options(**{UNTRACED: True}))
            _, self._processes[name] = own_session.identity(connection)
            is_done.append(self._send_all(own, name, numbers))

        self._connected(work)
        return is_done[0]

    def _send_all(self, own: Database, name: str, numbers: Iterator[int]) -> bool:
        """Send what is due, and return False if the connection is lost."""
        for number in numbers:
            due = number / self._rate
            self._is_over.wait(self._began + due - time.monotonic())
            if due > self._lasted:
                break
            error = _error_of(own, self._statements[name]())
            took = max(0.0, time.monotonic() - self._began - due)
            self.answers.append(Answer(name, due, took, error))
            self._answered[name].set()
            if error is not None and error.connection_invalidated:
                return self._is_over.is_set()
        return True


def _error_of(database: Database, statement: str) -> DBAPIError | None:
    try:
        database.execute(statement)
    except DBAPIError as error:
        return error
    return None


def as_written(statements: Sequence[str]) -> dict[str, Callable[[], str]]:
    """Return statements that are always the same, each with itself as its name."""
    return {each: partial(str, each) for each in statements}
