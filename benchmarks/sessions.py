"""Sessions of an application that note when their requests ran, for the pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

import psycopg

from benchmarks.timeline import Bar
from examples.shop.server import connect

PAUSE = 0.1


class Clock:
    """The seconds since a run began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> float:
        """Return the seconds."""
        return time.monotonic() - self._began


class Session:
    """A process of an application that sends one request after the other.

    Args:
        url: of the database.
        clock: of the picture.
        requests: the statements, sent by turns.

    Attributes:
        bars: one for each request.
        errors: the messages of requests that failed.
    """

    def __init__(self, url: str, clock: Clock, requests: Sequence[str]) -> None:
        self._connection = connect(url, application_name="shop")
        self._clock, self._requests = clock, requests
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.bars: list[Bar] = []
        self.errors: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End after the request that runs."""
        self._stopped.set()
        self._thread.join(60)
        self._connection.close()

    def _run(self) -> None:
        number = 0
        while not self._stopped.wait(PAUSE):
            began = self._clock.now()
            try:
                self._connection.execute(self._requests[number % len(self._requests)])
            except psycopg.Error as error:
                self.errors.append(str(error))
            number += 1
            self.bars.append(Bar(began, self._clock.now(), "works"))

    @property
    def pid(self) -> int:
        """Return the process id of the backend."""
        return self._connection.info.backend_pid

    @property
    def longest(self) -> float:
        """Return the seconds of the longest request."""
        return max(bar.ended - bar.began for bar in self.bars)


def sampled(
    clock: Clock, state_of: Callable[[], str], thread: threading.Thread
) -> list[Bar]:
    """Return the states of a session while the thread lives, as bars."""
    bars: list[Bar] = []
    began, state = clock.now(), ""
    while thread.is_alive():
        found = state_of()
        now = clock.now()
        if found != state:
            if state:
                bars.append(Bar(began, now, state))
            began, state = now, found
        thread.join(0.01)
    return [*bars, Bar(began, clock.now(), state)]
