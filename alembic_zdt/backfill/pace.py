"""How much a batch takes, so that it lasts as long as it should."""

from __future__ import annotations

import time
from collections.abc import Callable

from alembic_zdt.backfill.overhead import Overhead

_FIRST = 16
_MOST_GROWTH = 2.0
# One batch may have been lucky; after so many of a size it is known what they take.
_ENOUGH_BATCHES = 4
_LEAST_SHRINKAGE = 0.25
_SHARE_BESIDE_WRITERS = 0.25
_ALONE_AFTER = 5.0
_LEAST_FOR_ROWS = 0.25
_WAITS_OF_NO_MATTER = 0.005


class Pace:
    """The size of the next batch, learned from the batches before.

    Whoever changes a row of a batch waits for its end.  So a batch lasts as long as it
    should only where nobody else changes the table, and a quarter of that elsewhere.
    What it costs whatever it takes may make it last longer, up to the target; beyond
    that a fifth of its time is still for rows, else it would never end.

    Args:
        target: seconds that a batch should last.
        most: never more than that.
        fixed: always that many, as long as nothing fails.
        clock: tells the seconds.
    """

    def __init__(
        self,
        target: float,
        most: int,
        fixed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.size = min(fixed or _FIRST, most)
        self._target = target
        self._most = min(fixed or most, most)
        self._is_fixed = bool(fixed)
        self._is_held = False
        self._overhead = Overhead()
        self._clock = clock
        # As long as nobody has looked, somebody may be there.
        self._writers_seen_at = clock()

    def saw(self, writers: int | None) -> None:
        """So many others change the table; None: nobody has looked."""
        if writers:
            self._writers_seen_at = self._clock()

    def lasted(self, seconds: float, took: int, batches: int = 1) -> None:
        """A batch that took *took* lasted so long, or each of several such batches."""
        self._overhead.learn(seconds, took)
        if self._is_fixed and self.size == self._most:
            return
        # What was halved just now stays small for the next batch at least.
        held, self._is_held = self._is_held, False
        if held and took > self.size:
            return
        overhead = self._overhead.seconds
        factor = (self._aim - overhead) / max(seconds - overhead, 1e-4)
        most = _MOST_GROWTH ** min(batches, _ENOUGH_BATCHES)
        factor = min(max(factor, _LEAST_SHRINKAGE), most)
        # The last batch of a slice is small whatever it could have been.
        if took >= self.size or factor < 1:
            self._set(took * factor)

    def made_wait(self, seconds: float) -> None:
        """Somebody waited for a batch that lasted so long."""
        least = (1 + _LEAST_FOR_ROWS) * self._overhead.seconds
        if seconds > max(least, _WAITS_OF_NO_MATTER):
            self.halve()

    def halve(self) -> bool:
        """It was too much; whether it can be made any smaller."""
        if self.size == 1:
            return False
        self._set(self.size / 2)
        self._is_held = True
        return True

    @property
    def _aim(self) -> float:
        is_alone = self._clock() - self._writers_seen_at > _ALONE_AFTER
        aim = self._target * (1.0 if is_alone else _SHARE_BESIDE_WRITERS)
        overhead = self._overhead.seconds
        least = (1 + _LEAST_FOR_ROWS) * overhead
        return max(aim, min(2 * overhead, self._target), least)

    def _set(self, size: float) -> None:
        self.size = max(1, min(round(size), self._most))
