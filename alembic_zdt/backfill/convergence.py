"""Decide from the rows left by each round whether a backfill makes progress."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ROUNDS = 6
_FALLING = 3


def is_in_vain(left: Sequence[int]) -> bool:
    """Check whether several rounds in a row did not reduce the number of rows left.

    Numbers that fall steadily show progress, whatever an old round has left: the
    backfill may have been interrupted for a day in between.

    Args:
        left: the number of rows that each round has left, the newest round last.
    """
    if len(left) <= ROUNDS:
        return False
    before, *newest = left[-ROUNDS - 1 :]
    tail = newest[-_FALLING:]
    falls = all(later < earlier for earlier, later in pairwise(tail))
    return min(newest) >= before and not falls
