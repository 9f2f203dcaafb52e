"""Learn how many rows of a page to take, from how many stayed on their page.

A new version that found room on its own page is HOT: no index had to be changed.  Where
every page has room for new versions of all its rows, a batch takes all rows.  Where
pages are full, a batch takes a few rows of each page: the first few move to other
pages, and the next few use the room that the first few have vacated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from alembic_zdt.backfill.batches import Outcome

FEWEST = 2
# Each pass reads the page again, and the rows of the first pass have to move: with few
# passes more rows move, with many passes the page is read more often.  Measured best
# with about 60 rows on a page.
PASSES = 12
_ALL = 64
_GOOD = 0.95
_BAD = 0.5
_LAST_PASS_BELOW = 0.5
_LONGER = 2
MOST_PASSES = 300
_TRY_AGAIN_AFTER = 32
_PASSES_IN_VAIN = 4
_MOVES_TO_TAKE_FEWER = 2


@dataclass
class Range:
    """Statistics of one range of pages.

    Attributes:
        pages: the number of pages.
        first_rows: the number of rows of the first pass.
        first_hot: the number of these rows whose new version stayed on its page (HOT
            updates).
        later_rows: the number of rows of the later passes.
        later_hot: the number of these rows whose new version stayed on its page (HOT
            updates).
        first_seconds: the seconds that the first pass lasted, all pieces of it.
        later_seconds: the seconds of the later passes that consisted of a single batch.
        slowest: the seconds of the longest of these single-batch passes.
        whole: the number of these single-batch passes.
        passes: the number of passes.
        newest: the outcome of the last pass.
        scale: the number of rows that the last pass could take, as a share of what the
            first pass could take.
        moves: the number of passes in which a row moved on more than half of the pages,
            counted since the number of rows was last reduced.
    """

    pages: int = 1
    first_rows: int = 0
    first_hot: int = 0
    later_rows: int = 0
    later_hot: int = 0
    first_seconds: float = 0.0
    later_seconds: float = 0.0
    slowest: float = 0.0
    whole: int = 0
    passes: int = 0
    newest: Outcome = field(default_factory=Outcome)
    scale: float = 1.0
    moves: int = 0

    def add(self, outcome: Outcome, pages: int, *, batches: int = 1) -> None:
        """Add the outcome of a pass that took *batches* batches."""
        self.passes += 1
        self.pages, self.newest = pages, outcome
        if self.passes == 1:
            self.first_rows, self.first_hot = outcome.rows, outcome.hot
            self.first_seconds = outcome.seconds
            return
        self.later_rows += outcome.rows
        self.later_hot += outcome.hot
        if batches == 1:
            self.whole += 1
            self.later_seconds += outcome.seconds
            self.slowest = max(self.slowest, outcome.seconds)

    @property
    def seconds(self) -> float | None:
        """Return how long a batch of all its pages lasts, None if it is unknown."""
        if self.passes <= 1:
            return self.first_seconds
        if not self.whole:
            return None
        return max(self.later_seconds / self.whole, self.slowest / _LONGER)

    @property
    def is_nearly_done(self) -> bool:
        """Check whether the newest pass found few of the rows that it could take."""
        return self.newest.rows <= _LAST_PASS_BELOW * self.scale * self.first_rows

    @property
    def newest_share(self) -> float:
        """Return the share of the newest pass's rows that stayed on their pages."""
        return self.newest.hot / self.newest.rows if self.newest.rows else 1.0

    def next_pass(self, few: int) -> int | None:
        """Return how many rows per page to take after a pass of *few*, None for all."""
        is_in_vain = self.passes > _PASSES_IN_VAIN and self.later_share < _BAD
        if self.is_nearly_done or is_in_vain or self.passes >= MOST_PASSES:
            return None
        if self.newest.rows - self.newest.hot <= self.pages / 2:
            return few
        # New versions are longer: the room of the previous rows is enough for one row
        # less, and now and then one row has to move.
        self.moves += 1
        fewer = max(FEWEST, few - 1)
        if fewer >= few or (self.passes > 1 and self.moves < _MOVES_TO_TAKE_FEWER):
            return few
        self.moves = 0
        self.scale *= fewer / few
        return fewer

    def pages_at_once(self, few: int | None, opening: int) -> int | None:
        """Return how many pages of the range the next pass may take in one batch.

        Args:
            few: how many rows of each page the next pass changes; None for the last
                pass, which changes all.
            opening: how many pages fit in one batch if the batch changes only the first
                rows of each page.

        Returns:
            The number of pages, None for all of them.
        """
        if few is None:
            is_short = not self.passes or self.is_nearly_done
            return None if is_short else max(1, opening // PASSES)
        if self.opens(few):
            return opening
        # It may turn out that one row of each page has to move.
        return None if self.newest_share >= _GOOD else opening * few

    def opens(self, few: int | None) -> bool:
        """Check whether the rows of the next pass will move to other pages."""
        if few is None:
            return False
        return not self.passes or (self.passes > 1 and self.newest_share < _BAD)

    @property
    def rows_per_page(self) -> float:
        """Return how many rows of a page had to be changed."""
        return (self.first_rows + self.later_rows) / max(1, self.pages)

    @property
    def first_share(self) -> float:
        """Return the share of the first rows that stayed on their pages."""
        return self.first_hot / max(1, self.first_rows)

    @property
    def later_share(self) -> float:
        """Return the share of rows that stayed on their pages after the first pass."""
        return self.later_hot / max(1, self.later_rows)


class PageFill:
    """The choice of how many rows of each page to take, learned from earlier pages.

    Args:
        indexed: whether the updated columns are in an index, so nothing can be HOT.
        dense: the number of rows that a page has.
    """

    def __init__(self, *, indexed: bool, dense: float) -> None:
        self._few = few_of(dense)
        self.rows_per_page: int | None = None if indexed else self._few
        self._indexed = indexed
        self._ranges_until_next_try = 0

    def learn(self, seen: Range) -> bool:
        """Learn from a range, and return whether to take whole pages from now on."""
        if self._indexed or seen.first_rows == 0:
            return False
        self._few = few_of(seen.rows_per_page)
        if self.rows_per_page is None:
            self._learn_from_whole_pages(seen)
            return False
        if seen.later_rows and seen.later_share < _BAD:
            self.rows_per_page = None
            self._ranges_until_next_try = _TRY_AGAIN_AFTER
            return True
        if seen.first_share >= _GOOD:
            self._grow(self.rows_per_page)
        elif seen.first_share < _BAD:
            self.rows_per_page = self._few
        return False

    def _grow(self, few: int) -> None:
        self.rows_per_page = None if 2 * few > _ALL else 2 * few

    def _learn_from_whole_pages(self, seen: Range) -> None:
        if self._ranges_until_next_try:
            self._ranges_until_next_try -= 1
        elif seen.first_share < _GOOD:
            self.rows_per_page = self._few


def few_of(rows_per_page: float) -> int:
    """Return how many rows of a full page to take at once."""
    return max(FEWEST, round(rows_per_page / PASSES))
