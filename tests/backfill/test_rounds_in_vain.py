"""When the rounds of a backfill are in vain."""

from __future__ import annotations

import random

import pytest

from alembic_zdt.backfill.convergence import is_in_vain


def gives_up_after(numbers):
    """How many rounds there are until it gives up, None for never."""
    for count in range(1, len(numbers) + 1):
        if is_in_vain(numbers[:count]):
            return count
    return None


@pytest.mark.parametrize(
    "numbers",
    [
        # of a table whose rows somebody moves
        [33_596, 13_400, 2_381, 298, 100, 30, 9, 2, 1],
        [1_000 - n for n in range(500)],
        [5, 5, 5, 5, 4, 4, 4, 4, 4, 3],
        # the last three fall
        [40, 50, 60, 70, 90, 80, 70, 60, 50, 39],
        # interrupted, and a day later much more is left
        [40, 90_000, 80_000, 70_000, 60_000, 50_000, 40_000, 30_000, 20_000],
    ],
)
def test_it_goes_on_as_long_as_it_converges(numbers):
    assert gives_up_after(numbers) is None


@pytest.mark.parametrize(
    "numbers", [[7] * 20, list(range(5, 30)), [40, 50, 60, 70, 80, 90, 80]]
)
def test_it_gives_up_after_six_rounds_that_left_no_fewer(numbers):
    assert gives_up_after(numbers) == 7


def test_it_gives_up_where_somebody_writes_as_many_as_it_changes():
    chosen = random.Random(3)  # noqa: S311  # the same each time
    for _ in range(200):
        numbers = [chosen.randint(80, 120) for _ in range(100)]
        assert gives_up_after(numbers) is not None
