"""Choose the size of a batch so that it lasts as long as it should."""

from __future__ import annotations

import time
from collections.abc import Callable

from alembic_zdt.backfill.overhead import Overhead

_FIRST = 16
_MOST_GROWTH = 2.0
# A single batch may be fast by chance.  After this many, the time of a size is known.
_ENOUGH_BATCHES = 4
_LEAST_SHRINKAGE = 0.25
_SHARE_BESIDE_WRITERS = 0.25
_ALONE_AFTER = 5.0
_LEAST_FOR_ROWS = 0.25
_WAITS_OF_NO_MATTER = 0.005


class Pace:
    """The size of the next batch, learned from the batches before.

    A session that changes a row of a batch waits until the batch ends.  So a batch
    lasts for the whole target only where no other session changes the table, and for a
    quarter of the target elsewhere.  A large overhead makes the batch last longer, up
    to the target.  An overhead above the target makes the batch exceed the target: a
    fifth of the time of a batch goes to rows, so that the backfill ends.

    Args:
        target: seconds that a batch should last.
        most: the largest size.
        fixed: the size as long as nothing fails, 0 to adapt it.
        clock: a function that returns the seconds.
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
        # Until the first look, other sessions may change the table.
        self._writers_seen_at = clock()

    def saw(self, writers: int | None) -> None:
        """Note the number of other sessions that change the table, None if unknown."""
        if writers:
            self._writers_seen_at = self._clock()

    def lasted(self, seconds: float, took: int, batches: int = 1) -> None:
        """Learn from the *seconds* of a batch of the size *took*, or of several."""
        self._overhead.learn(seconds, took)
        if self._is_fixed and self.size == self._most:
            return
        # A size that was just halved stays small for the next batch at least.
        held, self._is_held = self._is_held, False
        if held and took > self.size:
            return
        overhead = self._overhead.seconds
        factor = (self._aim - overhead) / max(seconds - overhead, 1e-4)
        most = _MOST_GROWTH ** min(batches, _ENOUGH_BATCHES)
        factor = min(max(factor, _LEAST_SHRINKAGE), most)
        # The last batch of a slice is small, even where a larger one would do.
        if took >= self.size or factor < 1:
            self._set(took * factor)

    def made_wait(self, seconds: float) -> None:
        """Make batches smaller if other sessions waited too long for a batch."""
        least = (1 + _LEAST_FOR_ROWS) * self._overhead.seconds
        if seconds > max(least, _WAITS_OF_NO_MATTER):
            self.halve()

    def halve(self) -> bool:
        """Halve the size, and return False if it cannot be smaller."""
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
