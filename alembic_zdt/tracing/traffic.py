"""Statements of an application, sent at a fixed rate while a migration runs."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.tracing import own_session
from alembic_zdt.tracing.lock_watcher import UNTRACED, Work

_DRAIN = 2.0
"""Seconds to send overdue statements after the body has ended.

After that, each statement is sent only once more.
"""
_PATIENCE = 30.0
"""Seconds to wait for the last answers after the body has ended."""


_ROOM = """
SELECT least(
    current_setting('max_connections')::int8
        - (SELECT sum(numbackends) FROM pg_stat_database),
    nullif(r.rolconnlimit, -1)
        - (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid),
    nullif(d.datconnlimit, -1)
        - (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid))::int4 / 2
FROM pg_roles r, pg_database d
WHERE r.rolname = current_user AND d.datname = current_database()
"""
"""Half of the connections that are free: the migration and others need some, too."""


@dataclass(frozen=True)
class Sender:
    """Work that the application does again and again.

    Attributes:
        name: its name in the results.
        send: a function that does it once.
        code: the code that does it, ``old`` or ``new``; empty if that is not known.
        share: how often it is done, as a part of the rate.
    """

    name: str
    send: Callable[[Database], None]
    code: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Answer:
    """The answer to a statement.

    Attributes:
        statement: the name of the statement.
        at: when it was due, in seconds since the traffic began.
        took: seconds from then until the answer.
        error: the error, None if there was none.
        code: the code that sent it, ``old`` or ``new``; empty if that is not known.
    """

    statement: str
    at: float
    took: float
    error: Exception | None = None
    code: str = ""

    @property
    def message(self) -> str:
        """Return the first line of the error, empty if there was none."""
        return "" if self.error is None else _message(self.error).partition("\n")[0]


class Traffic:
    """The traffic of an application: each sender has a connection of its own.

    If the server has too few connections, some senders share one.  A statement that
    is due while the one before it waits is sent late, and its answer counts from the
    time at which it was due.

    Args:
        connected: a function that runs its argument over a new connection in
            autocommit mode.
        senders: the work of the application.
        rate: how often each of them is sent in a second.

    Raises:
        UsageError: the rate is not a positive number.
    """

    def __init__(
        self,
        connected: Callable[[Work], Any],
        senders: Sequence[Sender],
        rate: float,
    ) -> None:
        if not 0 < rate < math.inf:
            raise UsageError(
                f"the rate {rate:g} is not a positive number",
                hint="Pass the number of statements per second, such as 20.",
            )
        self._connected, self._senders, self._rate = connected, senders, rate
        self._is_over = threading.Event()
        self.began, self._lasted = time.monotonic(), math.inf
        self._drained_at = math.inf
        self._may_begin = threading.Event()
        self._connected_clients: dict[int, threading.Event] = {}
        self._answered = [threading.Event() for _ in senders]
        self._processes: dict[int, int] = {}
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
        groups = self._groups(self._connected(_room))
        self._connected_clients = {each.start: threading.Event() for each in groups}
        with ThreadPoolExecutor(len(groups) or 1) as pool:
            clients: list[Future[None]] = []
            try:
                clients.extend(pool.submit(self._client, each) for each in groups)
                self._begin()
                for client in clients:
                    if client.done():  # it could not connect
                        client.result()
                for answered in self._answered:
                    answered.wait()
                yield
            finally:
                self._may_begin.set()
                # Each statement is sent once more: old code may fail from now on.
                self._lasted = time.monotonic() - self.began + 1 / self._rate
                self._drained_at = time.monotonic() + _DRAIN
                self._is_over.set()
                self._end_those_that_wait(clients)
        for client in clients:
            client.result()

    def _begin(self) -> None:
        """Start the clock when all clients are connected, for the first answers."""
        for connected in self._connected_clients.values():
            connected.wait()
        self.began = time.monotonic()
        self._may_begin.set()

    def _groups(self, room: int) -> list[range]:
        """Return the places of the senders for each connection."""
        places = range(len(self._senders))
        size = math.ceil(len(places) / max(room, 1)) or 1
        return [places[start : start + size] for start in places[::size]]

    def _try_each(self, connection: Connection) -> None:
        own = Database(connection.execution_options(**{UNTRACED: True}))
        for sender in self._senders:
            if (error := _error_of(own, sender)) is not None:
                statement = getattr(error, "statement", None) or sender.name
                raise UsageError(
                    f"the traffic fails before the migration: {statement}",
                    detail=_message(error),
                    hint="Name statements that the code that is running now sends.",
                ) from error

    def _end_those_that_wait(self, clients: Sequence[Future[None]]) -> None:
        """End the sessions that still wait, for a lock that the body has left."""
        _, waiting = wait(clients, timeout=_PATIENCE)
        if waiting:
            pids = ", ".join(map(str, self._processes.values()))
            end = f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{pids}]) pid"
            self._connected(lambda connection: Database(connection).rows(end))

    def _client(self, group: range) -> None:
        due = heapq.merge(*(self._times(place, group) for place in group))
        try:
            while not self._connected_once(group.start, due):
                pass  # connect again, as an application does
        finally:
            self._connected_clients[group.start].set()
            for place in group:
                self._answered[place].set()

    def _times(self, place: int, group: range) -> Iterator[tuple[float, int]]:
        """Yield when a sender is due, evenly between the others of its connection."""
        every = 1 / (self._rate * self._senders[place].share)
        first = group.index(place) / len(group) / self._rate
        return ((first + number * every, place) for number in itertools.count())

    def _connected_once(self, client: int, due: Iterator[tuple[float, int]]) -> bool:
        """Send over a new connection, and return whether the traffic is over."""
        is_done: list[bool] = []

        def work(connection: Connection) -> None:
            own = Database(connection.execution_options(**{UNTRACED: True}))
            _, self._processes[client] = own_session.identity(connection)
            self._connected_clients[client].set()
            self._may_begin.wait()
            is_done.append(self._send_all(own, due))

        self._connected(work)
        return is_done[0]

    def _send_all(self, own: Database, times: Iterator[tuple[float, int]]) -> bool:
        """Send what is due, and return False if the connection is lost."""
        last: set[int] = set()
        for due, place in times:
            self._is_over.wait(self.began + due - time.monotonic())
            if due > self._lasted:
                break
            if time.monotonic() > self._drained_at:
                if place in last:
                    continue
                last.add(place)
            sender = self._senders[place]
            error = _error_of(own, sender)
            took = max(0.0, time.monotonic() - self.began - due)
            self.answers.append(Answer(sender.name, due, took, error, sender.code))
            self._answered[place].set()
            if own.connection.invalidated:
                return self._is_over.is_set()
        return True


def _room(connection: Connection) -> int:
    return int(Database(connection).value(_ROOM))


def _error_of(database: Database, sender: Sender) -> Exception | None:
    try:
        sender.send(database)
    except Exception as error:  # noqa: BLE001  # also of the user's functions
        return error
    return None


def _message(error: Exception) -> str:
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return text or type(error).__name__


def as_written(statements: Sequence[str]) -> list[Sender]:
    """Return senders of statements, each with itself as its name."""
    return [Sender(each, always(each)) for each in statements]


def always(statement: str) -> Callable[[Database], None]:
    """Return a function that sends this statement."""
    return lambda database: database.execute(statement)
