"""A batch grows and shrinks towards the time that it should last."""

from __future__ import annotations

import pytest

from alembic_zdt.backfill.overhead import Overhead
from alembic_zdt.backfill.pace import Pace

ALONE = 60.0


class Clock:
    """Tells another time each time, so that nobody was seen for long."""

    def __init__(self, step=ALONE):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def run(pace, seconds_each, batches):
    for _ in range(batches):
        pace.lasted(pace.size * seconds_each, pace.size)


@pytest.mark.parametrize("seconds_each", [0.0001, 0.001, 0.03])
def test_it_finds_the_size_that_lasts_as_long_as_asked(seconds_each):
    pace = Pace(0.1, most=10_000, clock=Clock())

    run(pace, seconds_each, 20)

    assert pace.size * seconds_each == pytest.approx(0.1, rel=0.4)


def test_it_never_takes_more_than_the_most():
    pace = Pace(0.1, most=50, clock=Clock())

    run(pace, 0.000001, 20)

    assert pace.size == 50


def test_a_small_last_batch_says_nothing_about_the_next():
    pace = Pace(0.1, most=10_000, clock=Clock())
    run(pace, 0.001, 20)
    size = pace.size

    pace.lasted(0.001, 1)

    assert pace.size == size


def test_a_slow_batch_shrinks_it_at_once():
    pace = Pace(0.1, most=10_000, clock=Clock())
    run(pace, 0.001, 20)
    size = pace.size

    pace.lasted(10.0, size)

    assert pace.size <= size / 4 + 1


def test_halving_ends_at_one():
    pace = Pace(0.1, most=10_000, clock=Clock())

    while pace.halve():
        pass

    assert pace.size == 1


def test_a_fixed_size_comes_back_after_a_failure():
    pace = Pace(0.1, most=10_000, fixed=100, clock=Clock())
    assert pace.size == 100
    pace.lasted(0.0001, 100)
    assert pace.size == 100

    pace.halve()
    assert pace.size == 50
    run(pace, 0.0001, 5)

    assert pace.size == 100


def test_what_was_halved_stays_so_for_the_next_batch():
    pace = Pace(0.1, most=10_000, clock=Clock())
    run(pace, 0.001, 20)
    size = pace.size

    pace.halve()
    pace.lasted(0.05, size)  # the batch that was under way

    assert pace.size == size // 2
    run(pace, 0.0001, 1)
    assert pace.size > size // 2


def test_a_batch_beside_others_lasts_a_quarter():
    pace = Pace(0.1, most=10_000, clock=Clock(step=0.001))
    run(pace, 0.0001, 20)
    assert pace.size == 250

    pace = Pace(0.1, most=10_000, clock=Clock(step=1))
    run(pace, 0.0001, 20)
    assert pace.size == 1000
    pace.saw(None)
    pace.saw(0)
    run(pace, 0.0001, 1)
    assert pace.size == 1000
    pace.saw(1)
    run(pace, 0.0001, 3)
    assert pace.size == 250


FIXED = 0.05
PER_ROW = 0.00002


def run_with_overhead(pace, batches):
    for _ in range(batches):
        pace.lasted(FIXED + pace.size * PER_ROW, pace.size)


@pytest.mark.parametrize(
    ("target", "lasts"),
    [(0.4, 0.4), (0.1, 0.1), (0.08, 0.08), (0.02, FIXED * 1.25)],
)
def test_what_a_batch_costs_anyway_does_not_make_it_a_single_row(target, lasts):
    pace = Pace(target, most=100_000, clock=Clock())

    run_with_overhead(pace, 40)

    assert FIXED + pace.size * PER_ROW == pytest.approx(lasts, rel=0.1)


def test_beside_others_it_may_last_twice_its_overhead():
    pace = Pace(0.15, most=100_000, clock=Clock(step=0.001))

    run_with_overhead(pace, 40)

    assert FIXED + pace.size * PER_ROW == pytest.approx(2 * FIXED, rel=0.1)


def test_waiters_do_not_make_it_smaller_than_what_it_costs_anyway():
    pace = Pace(0.15, most=100_000, clock=Clock(step=0.001))
    run_with_overhead(pace, 40)

    for _ in range(40):
        pace.made_wait(FIXED + pace.size * PER_ROW)
        pace.lasted(FIXED + pace.size * PER_ROW, 10**9)

    assert pace.size * PER_ROW > FIXED / 10


def test_waiters_make_it_smaller_until_their_wait_does_not_matter():
    pace = Pace(0.1, most=10_000, clock=Clock())
    run(pace, 0.0001, 20)
    assert pace.size == 1000

    for _ in range(20):
        pace.made_wait(pace.size * 0.0001)

    assert 0.002 < pace.size * 0.0001 <= 0.005


def test_a_stall_of_the_machine_is_not_believed_for_long():
    pace = Pace(0.1, most=10_000, clock=Clock())
    run(pace, 0.0001, 20)

    pace.lasted(0.5, pace.size)
    run(pace, 0.0001, 20)

    assert pace.size == pytest.approx(1000, rel=0.1)


def test_first_estimate_of_the_overhead_counts_whole_and_later_ones_by_half():
    overhead = Overhead()
    for seconds, took in ((2.0, 100), (3.0, 200)):  # 1 s, and 10 ms for each row
        overhead.learn(seconds, took)
    assert overhead.seconds == pytest.approx(1.0)

    overhead.learn(7.0, 400)  # it looks as if there were none

    assert overhead.seconds == pytest.approx(0.5)
