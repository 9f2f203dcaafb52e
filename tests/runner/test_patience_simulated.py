"""The decision when to queue, tried on simulated traffic: no clock, no server."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from alembic_zdt.runner.patience import Patience
from alembic_zdt.runner.prediction import Departures

BOUND = 0.18
POLL = 0.006
ROUND_TRIP = 0.002


@dataclass
class Outcome:
    """When the lock was got, and how long each vain try stalled the application."""

    seconds: float
    stalls: list[float]


def arrivals(seed, average, lasts, until=90.0):
    """Transactions that come at random; on average so many are open at once."""
    chance = random.Random(seed)  # noqa: S311  # the same traffic every time
    now, found = -1.0, []
    while now < until:
        now += chance.expovariate(average / lasts)
        found.append((now, now + lasts * chance.uniform(0.9, 1.1)))
    return found


def got_after(transactions, until=60.0):
    """Let Patience decide against these (begin, end) pairs."""
    departures, patience = Departures(), Patience(BOUND, 10.0, 0.0)
    now, behind_us, stalls = 0.0, 0.0, []
    while now < until:
        present = [
            (number, begin + behind_us, end + behind_us)
            for number, (begin, end) in enumerate(transactions)
            if begin + behind_us <= now < end + behind_us
        ]
        departures.observe({str(n): now - begin for n, begin, _ in present}, now)
        allowed = patience.try_for(departures, now)
        if allowed is None:
            now += POLL
            continue
        queued = now + ROUND_TRIP
        last = max(
            (
                end + behind_us
                for begin, end in transactions
                if begin + behind_us <= queued < end + behind_us
            ),
            default=queued,
        )
        if last - queued <= allowed:
            return Outcome(now, [*stalls, last - queued])
        stalls.append(allowed)
        now, behind_us = queued + allowed, behind_us + allowed
        patience.failed(allowed, now)
    return Outcome(until, stalls)


@pytest.mark.parametrize("average", [2, 8, 20])
@pytest.mark.parametrize("seed", range(2))
def test_patience_gets_the_lock_under_constant_traffic(average, seed):
    """Within 15 s, and no try stalls the application for longer than the bound."""
    outcome = got_after(arrivals(seed, average, 0.2, until=20.0))

    assert outcome.seconds < 15
    assert max(outcome.stalls) <= BOUND


@pytest.mark.parametrize("seed", range(2))
def test_patience_never_queues_behind_a_long_reader(seed):
    """It waits outside until the reader ends, and is in the queue soon after."""
    short = arrivals(seed, 2, 0.02, until=40.0)

    outcome = got_after([(-0.5, 30.0), *short])

    assert 30 <= outcome.seconds < 31
    assert sum(outcome.stalls[:-1]) < 2 * BOUND


def test_patience_queues_at_once_when_nobody_is_there():
    """An empty table is locked without any wait."""
    assert got_after([]).seconds == 0.0
