"""Measure the rate of a backfill, and estimate how long the rest takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_LOOK_BACK = 60.0


@dataclass(frozen=True)
class Sample:
    """The progress of a backfill at one moment.

    Attributes:
        at: the time of the sample.
        rows: rows that were done.
        done: the part of the round that was done.
        of: the whole of the round.
    """

    at: float
    rows: int
    done: int
    of: int


class Speed:
    """The rate of the last minute.

    Rates change by a lot: with the load, with a throttle, on other parts of the table.

    Args:
        clock: a function that returns the seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[Sample] = deque()

    def add(self, rows: int, done: int, of: int) -> None:
        """Note the progress at this moment."""
        now = self._clock()
        newest = self._samples[-1] if self._samples else None
        if newest is not None and done < newest.done:
            self._samples.clear()  # another round
            self._samples.append(Sample(now, rows, done, of))
            return
        self._samples.append(Sample(now, rows, done, of))
        while len(self._samples) > 1 and self._samples[1].at <= now - _LOOK_BACK:
            self._samples.popleft()

    @property
    def rows_per_second(self) -> float:
        """Return the rows per second of the last minute."""
        first, last = self._samples[0], self._samples[-1]
        return (last.rows - first.rows) / max(last.at - first.at, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds for the remaining rows, None without progress."""
        first, last = self._samples[0], self._samples[-1]
        if not last.of > last.done > first.done:
            return None
        return (last.of - last.done) * (last.at - first.at) / (last.done - first.done)
