"""An application that keeps using the database while a migration runs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg

from tests.support.db import Db
from tests.support.waiting import wait_until


@dataclass
class Traffic:
    """What the readers and writers saw, filled while they run.

    Waits are in seconds.  ``errors`` are texts that start with the SQLSTATE.
    """

    count: int = 0
    longest_wait: float = 0.0
    slowest: str = ""
    errors: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def saw(self, statement: str, seconds: float, error: str | None) -> None:
        """Take down one statement."""
        with self._lock:
            self.count += 1
            if error is not None:
                self.errors.append(error)
            if seconds > self.longest_wait:
                self.longest_wait, self.slowest = seconds, statement

    def wait_for_more(self, statements: int = 1, timeout: float = 10.0) -> None:
        """Return when this many further statements have ended."""
        goal = self.count + statements
        wait_until(lambda: self.count >= goal, "traffic goes on", timeout=timeout)


@contextlib.contextmanager
def traffic(
    db: Db,
    *,
    reads: Sequence[str] = (),
    writes: Sequence[str] = (),
    rate: float = 100.0,
    lock_timeout: str | None = None,
) -> Iterator[Traffic]:
    """Run each statement ``rate`` times a second in a session of its own.

    ``{n}`` in a statement becomes a number that grows with every run.  A statement
    that is still waiting when the block ends is waited for.  The block starts when
    every statement has run once.
    """
    seen = Traffic()
    end = threading.Event()
    threads = [
        threading.Thread(
            target=_client,
            args=(db, statement, 1 / rate, lock_timeout, seen, end),
            daemon=True,
        )
        for statement in (*reads, *writes)
    ]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: seen.count >= len(threads), "every client has started")
        yield seen
    finally:
        end.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a client hangs"


def _client(
    db: Db,
    statement: str,
    interval: float,
    lock_timeout: str | None,
    seen: Traffic,
    end: threading.Event,
) -> None:
    with db.session() as session:
        if lock_timeout is not None:
            session.execute(f"SET lock_timeout = '{lock_timeout}'")
        number = 0
        due = time.monotonic()
        while not end.is_set():
            number += 1
            text = statement.replace("{n}", str(number))
            seconds, error = _run(session, text)
            seen.saw(text, seconds, error)
            due = max(due + interval, time.monotonic())
            end.wait(due - time.monotonic())


def _run(session: Db, statement: str) -> tuple[float, str | None]:
    error = None
    began = time.perf_counter()
    try:
        session.connection.execute(statement.encode())
    except psycopg.Error as failure:
        error = f"{failure.sqlstate} {failure} [{statement}]"
    return time.perf_counter() - began, error
