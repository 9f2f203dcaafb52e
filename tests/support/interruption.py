"""Kill a client or a backend at a chosen statement.

Only statements that can change something count, and the commits of real
transactions: dying before a SELECT leaves what dying after the last change leaves.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.support.choice import FULL
from tests.support.db import Db

COMMIT = "COMMIT"
# What asks, and what asks in a transaction that is rolled back.
QUESTIONS = ("SELECT", "SHOW", "BEGIN", "SET LOCAL", "EXPLAIN", "ROLLBACK")
TREE = "WITH RECURSIVE TREE AS (SELECT"
TRIALS = ("zdt_probe", "zdt_conversion", "zdt_default", "SAVEPOINT zdt_oracle")
TYPE = "DO $ZDT$ BEGIN IF PG_CATALOG.TO_REGTYPE"  # in a trial; else it is in a step
# What is the same around every revision; its commit counts in any case.
BOOKS = ("alembic_version", "alembic_zdt_revision", "SAVEPOINT")


class Killed(BaseException):
    """The client is dead: nothing it would still send reaches the server."""


IN_CAPITALS = re.compile(r"\b[A-Z][A-Z_]+\b")


IsDue = Callable[[int, str, int], bool]
IsNew = Callable[[str, int], bool]


class Interruption:
    """What happens at a change, and whether it has happened.

    Args:
        db: who ends the backend.
        is_due: whether to interrupt the change of this number, and of this kind, which
            is the n-th of its kind; both count from 1.
        moment: ``before`` or ``after`` the change.
        kills: the client dies too, and sends nothing more.
        books: changes of what Alembic and we write down of a revision count, too.
        ends: which of the changes that are not due end the backend, and not the client.
    """

    def __init__(
        self,
        db: Db,
        is_due: IsDue,
        moment: str,
        *,
        kills: bool,
        books: bool = True,
        ends: IsDue | None = None,
    ) -> None:
        self.db = db
        self.is_due = is_due
        self.moment = moment
        self.kills = kills
        self.books = books
        self.ends = ends
        self.count = 0
        self.number = 0
        self.statement = ""
        self._last = self._kind = ""
        self._counts_of: Counter[str] = Counter()

    @property
    def happened(self) -> bool:
        """Whether there was such a change."""
        return bool(self.statement)

    def before(self, connection: Connection, statement: str) -> None:
        """A statement is about to be sent."""
        if self.happened and self.kills:
            raise Killed
        if self._counts(statement):
            self.count += 1
            self._last, self._kind = self._kind, kind_of(statement)
            self._counts_of[self._kind] += 1
            self._strike("before", connection, statement)

    def after(self, connection: Connection, statement: str) -> None:
        """A statement has been run."""
        if self._counts(statement):
            self._strike("after", connection, statement)

    def _counts(self, statement: str) -> bool:
        kept = any(name in statement for name in BOOKS)
        return _changes(statement) and (self.books or not kept)

    def _strike(self, moment: str, connection: Connection, statement: str) -> None:
        if self.happened or self.moment != moment:
            return
        # What came before decides what a client that dies leaves.
        kind = self._last if self.kills and moment == "before" else self._kind
        if not self.is_due(self.count, kind, self._counts_of[kind]):
            nth = self._counts_of[self._kind]
            if self.ends is None or not self.ends(self.count, self._kind, nth):
                return
            self.kills = False
        self.number, self.statement = self.count, statement
        self.strike(connection)

    def strike(self, connection: Connection) -> None:
        """Do it: the backend ends, and with it the client if that dies too."""
        end_backend(self.db, backend_pid(connection))
        if self.kills:
            raise Killed


def kind_of(statement: str) -> str:
    """Return the words of SQL without names and values; we write them in capitals."""
    return " ".join(IN_CAPITALS.findall(statement))


@contextlib.contextmanager
def interrupted(
    db: Db, at: int, moment: str, *, kills: bool, books: bool = True
) -> Iterator[Interruption]:
    """Interrupt whatever SQLAlchemy does in this process at the n-th change."""
    interruption = Interruption(db, _number(at), moment, kills=kills, books=books)
    with watching(interruption):
        yield interruption


def _number(at: int) -> IsDue:
    return lambda number, _kind, _nth: number == at


@contextlib.contextmanager
def watching(interruption: Interruption) -> Iterator[None]:
    """Let an interruption see what SQLAlchemy does in this process."""

    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        interruption.before(connection, statement)

    def after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        interruption.after(connection, statement)

    def commit(connection: Connection) -> None:
        # Nobody tells us when it is through, so "after" counts no commits.
        options = connection.get_execution_options()
        if (
            interruption.moment == "before"
            and options.get("isolation_level") != "AUTOCOMMIT"
        ):
            interruption.before(connection, COMMIT)

    with (
        _listening("before_cursor_execute", before),
        _listening("after_cursor_execute", after),
        _listening("commit", commit),
    ):
        yield


@contextlib.contextmanager
def _listening(name: str, listener: Callable[..., None]) -> Iterator[None]:
    event.listen(Engine, name, listener)
    try:
        yield
    finally:
        event.remove(Engine, name, listener)


def changes_to_interrupt(
    db: Db,
    moment: str,
    *,
    kills: bool,
    books: bool = True,
    is_new: IsNew | None = None,
    ends: IsNew | None = None,
) -> Iterator[contextlib.AbstractContextManager[Interruption]]:
    """One interruption for each change, until a run ended undisturbed.

    Args:
        db: who ends the backend.
        moment: ``before`` or ``after`` the change.
        kills: the client dies too.
        books: changes of what is written down of a revision count, too.
        is_new: whether the n-th change of a kind is still to be interrupted; by
            default each change is.
        ends: the same of those before which only the backend ends.
    """
    is_end = _kind(ends) if ends else None
    for at in itertools.count(1):
        is_due = _kind(is_new) if is_new else _number(at)
        interruption = Interruption(
            db, is_due, moment, kills=kills, books=books, ends=is_end
        )

        @contextlib.contextmanager
        def once(it: Interruption = interruption) -> Iterator[Interruption]:
            with watching(it):
                yield it

        yield once()
        if not interruption.happened:
            return


def _kind(is_new: IsNew) -> IsDue:
    return lambda _number, kind, nth: is_new(kind, nth)


def first_two_of_each_kind() -> IsNew | None:
    """Return what is new to ``changes_to_interrupt()``; ``None`` with ``FULL``: all."""
    seen: set[tuple[str, int]] = set()

    def is_new(kind: str, nth: int) -> bool:
        found = kind, min(nth, 2)
        was_seen = found in seen
        seen.add(found)
        return not was_seen

    return None if FULL else is_new


def one_of_each_kind(turn: int) -> IsNew | None:
    """Return what lets two tests share the kinds; ``None`` with ``FULL``: all.

    Args:
        turn: 0 or 1: the kinds of which the first change has an even number, or others.
    """
    seen: set[str] = set()

    def is_new(kind: str, _nth: int) -> bool:
        was_seen = kind in seen
        seen.add(kind)
        return not was_seen and len(seen) % 2 == turn

    return None if FULL else is_new


def backend_pid(connection: Connection) -> int:
    """The pid of the backend behind a connection, without asking the server."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "get_server_pid"):
        return int(driver.get_server_pid())
    return int(driver.info.backend_pid)


def end_backend(db: Db, pid: int) -> None:
    """Terminate a backend, and return when it is gone."""
    # With a timeout of its own it would look every 100 ms only.
    db.execute("SELECT pg_terminate_backend(%s)", pid)
    gone = "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"
    db.wait_until(gone, pid)


def _changes(statement: str) -> bool:
    asks = statement.lstrip().upper().startswith((*QUESTIONS, TREE, TYPE))
    return not (asks or any(trial in statement for trial in TRIALS))


CANCELLED = "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)"


def cancelled(
    is_due: Callable[[str], bool],
) -> contextlib.AbstractContextManager[list[str]]:
    """Cancel the first statement that is due, as ``pg_cancel_backend`` does.

    Yields:
        The statement, when it was cancelled.
    """
    return _instead(is_due, CANCELLED)


def replaced(pattern: str, other: str) -> contextlib.AbstractContextManager[list[str]]:
    """Send another statement instead of the first one with a text.

    Yields:
        The statement that was not sent.
    """
    return _instead(lambda sent: re.search(pattern, sent) is not None, other)


@contextlib.contextmanager
def _instead(is_due: Callable[[str], bool], other: str) -> Iterator[list[str]]:
    found: list[str] = []

    def before(
        _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> tuple[str, Any]:
        if found or not is_due(statement):
            return statement, parameters
        found.append(statement)
        return other, ()

    event.listen(Engine, "before_cursor_execute", before, retval=True)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", before)
