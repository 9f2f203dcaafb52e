"""The time that is left, from the rate of the last minute."""

from __future__ import annotations

import pytest

from alembic_zdt.backfill.speed import Speed


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def speed(clock):
    """A backfill of 10,000 pages that goes on after some were done before."""
    speed = Speed(clock)
    speed.add(50_000, 1000, 10_000)
    return speed


def go_on(speed, clock, seconds, rate):
    """So many seconds at a rate of pages, ten rows on each."""
    newest = speed._samples[-1]  # where the last call has ended
    rows, done = newest.rows, newest.done
    for _ in range(round(seconds)):
        clock.now += 1
        rows, done = rows + 10 * rate, done + rate
        speed.add(rows, done, newest.of)


def test_what_was_done_before_is_not_of_this_rate(speed, clock):
    go_on(speed, clock, 10, 20)

    assert speed.rows_per_second == 200
    assert speed.seconds_left == (10_000 - 1200) / 20


@pytest.mark.parametrize(("before", "now"), [(40, 10), (10, 40)])
def test_an_older_rate_is_forgotten_after_a_minute(speed, clock, before, now):
    go_on(speed, clock, 100, before)
    go_on(speed, clock, 60, now)

    done = 1000 + 100 * before + 60 * now
    assert speed.rows_per_second == 10 * now
    assert speed.seconds_left == (10_000 - done) / now


def test_a_backfill_that_stands_still_has_no_time_left(speed, clock):
    go_on(speed, clock, 100, 20)
    go_on(speed, clock, 61, 0)

    assert speed.rows_per_second == 0
    assert speed.seconds_left is None


def test_a_moment_without_progress_is_part_of_the_rate(speed, clock):
    go_on(speed, clock, 10, 20)
    go_on(speed, clock, 10, 0)

    assert speed.rows_per_second == 100
    assert speed.seconds_left == (10_000 - 1200) / 10


def test_a_line_an_hour_still_has_a_rate(speed, clock):
    clock.now += 3600
    speed.add(86_000, 4600, 10_000)

    assert speed.rows_per_second == 10
    assert speed.seconds_left == 5400


def test_another_round_begins_anew(speed, clock):
    go_on(speed, clock, 100, 50)
    speed.add(101_000, 0, 500)
    assert speed.seconds_left is None

    go_on(speed, clock, 10, 5)

    assert speed.rows_per_second == 50
    assert speed.seconds_left == 450 / 5


def test_the_end_has_no_time_left(speed, clock):
    go_on(speed, clock, 90, 100)

    assert speed.seconds_left is None
