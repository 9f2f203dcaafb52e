"""How many rows of a page a batch takes, learned from where their new versions went.

A new version that found room on its own page is HOT: no index had to be changed.  Where
every page has room for all its rows, all are taken at once.  Where pages are full, a
few at a time: the first few move away, the next ones use the room of those before.
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.backfill.batches import Outcome

FEWEST = 2
_FIRST_GUESS = 2
_ALL = 64
_GOOD = 0.95
_BAD = 0.5
_TRY_AGAIN_AFTER = 32


@dataclass
class Range:
    """What happened on one range of pages.

    Attributes:
        first_rows: rows of its first pass.
        first_hot: how many of them stayed on their pages.
        later_rows: rows of its other passes.
        later_hot: how many of them stayed on their pages.
        slowest: seconds of the longest pass.
        passes: how many.
    """

    first_rows: int = 0
    first_hot: int = 0
    later_rows: int = 0
    later_hot: int = 0
    slowest: float = 0.0
    passes: int = 0

    def add(self, outcome: Outcome) -> None:
        """One more pass."""
        self.passes += 1
        self.slowest = max(self.slowest, outcome.seconds)
        if self.passes == 1:
            self.first_rows, self.first_hot = outcome.rows, outcome.hot
        else:
            self.later_rows += outcome.rows
            self.later_hot += outcome.hot

    @property
    def first_share(self) -> float:
        """The share of the first rows that stayed."""
        return self.first_hot / max(1, self.first_rows)

    @property
    def later_share(self) -> float:
        """The share of the later rows that stayed."""
        return self.later_hot / max(1, self.later_rows)


class Room:
    """The rows to take of each page; None takes all of them.

    Args:
        indexed: the updated columns are in an index, so nothing can be HOT.
    """

    def __init__(self, *, indexed: bool) -> None:
        self.rows_per_page: int | None = None if indexed else _FIRST_GUESS
        self._indexed = indexed
        self._ranges_until_next_try = 0

    def learn(self, seen: Range) -> bool:
        """Draw the conclusion of a range; whether it was given up just now."""
        if self._indexed or seen.first_rows == 0:
            return False
        if self.rows_per_page is None:
            self._learn_from_whole_pages(seen)
            return False
        if seen.later_rows and seen.later_share < _BAD:
            self.rows_per_page = None
            self._ranges_until_next_try = _TRY_AGAIN_AFTER
            return True
        if seen.first_share >= _GOOD:
            self._grow()
        elif seen.first_share < _BAD:
            self.rows_per_page = max(FEWEST, self.rows_per_page // 2)
        return False

    def _grow(self) -> None:
        wider = 2 * (self.rows_per_page or FEWEST)
        self.rows_per_page = None if wider > _ALL else wider

    def _learn_from_whole_pages(self, seen: Range) -> None:
        if self._ranges_until_next_try:
            self._ranges_until_next_try -= 1
        elif seen.first_share < _GOOD:
            self.rows_per_page = FEWEST
