"""Estimate the part of a batch's time that does not depend on its size."""

from __future__ import annotations

from collections import deque

_UNLIKE = 1.5
_REMEMBERED = 4
_SHARE_OF_A_NEW_ONE = 0.5


class Overhead:
    """An estimate of the part of a batch's time that does not depend on its size.

    Each batch spends that time on the journal, the commit and statement triggers.  Two
    batches of different sizes show how long it is.  Smaller batches do not reduce it,
    and there are more of them.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._is_known = False
        self._recent: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    def learn(self, seconds: float, took: int) -> None:
        """Learn from the *seconds* of a batch of the size *took*."""
        if took == 0:
            return
        for other_seconds, other in reversed(self._recent):
            if max(took, other) >= _UNLIKE * min(took, other):
                each = (seconds - other_seconds) / (took - other)
                found = max(0.0, seconds - each * took)
                self._believe(min(found, seconds, other_seconds))
                break
        self._recent.append((seconds, took))

    def _believe(self, found: float) -> None:
        # A single stall of the machine must not count for long.
        share = _SHARE_OF_A_NEW_ONE if self._is_known else 1.0
        self.seconds += share * (found - self.seconds)
        self._is_known = True
