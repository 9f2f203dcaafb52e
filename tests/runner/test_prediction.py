"""How long will the holders of a lock go on?"""

from __future__ import annotations

import pytest

from alembic_zdt.runner.prediction import Departures


def _watched(*looks):
    """Departures after looks of (now, {transaction: age})."""
    departures = Departures()
    for now, present in looks:
        departures.observe(present, now)
    return departures


def test_nobody_there_is_certainly_gone():
    """An empty product."""
    assert Departures().likelihood(0.01) == 1.0


def test_unknown_table_follows_the_rule_of_thumb():
    """Who has lasted for a second lasts about another second."""
    departures = _watched((0.0, {"a": 1.0}))

    assert departures.likelihood(1.0) == pytest.approx(0.5)
    assert departures.likelihood(3.0) == pytest.approx(0.75)


def test_holders_must_all_be_gone():
    """Their likelihoods multiply."""
    departures = _watched((0.0, {"a": 1.0, "b": 1.0}))

    assert departures.likelihood(1.0) == pytest.approx(0.25)


def test_who_left_teaches_how_long_others_will_last():
    """Ten that ended after 0.1 s make it likely that the next one will."""
    departures = Departures()
    for number in range(10):
        departures.observe({str(number): 0.09}, number)
        departures.observe({}, number + 0.02)
    departures.observe({"new": 0.05}, 20.0)

    assert departures.likelihood(0.1) > 0.9


def test_older_than_all_that_left_is_judged_by_its_age_alone():
    """Nobody who ended was as old."""
    departures = _watched((0.0, {"a": 0.1}), (0.01, {}), (1.0, {"old": 30.0}))

    assert departures.likelihood(0.2) == pytest.approx(0.2 / 30.2)


def test_duration_is_the_middle_between_the_last_two_looks():
    """It ended somewhere between them."""
    departures = _watched((0.0, {"a": 1.0}), (0.2, {}))

    assert departures.durations == [pytest.approx(1.1)]


def test_hidden_age_grows_with_the_time_that_we_see_it():
    """First seen at the second look, it began in between at most."""
    departures = _watched((0.0, {}), (0.5, {"a": None}), (0.75, {"a": None}))

    assert departures.ages == {"a": 0.75}


def test_hidden_age_at_the_first_look_counts_as_old():
    """A look is more likely to find a long transaction than a short one."""
    departures = _watched((0.0, {"a": None}))

    assert departures.ages == {"a": 1.0}


def test_guessed_age_teaches_nothing():
    """Its duration is not known when it ends."""
    departures = _watched((0.0, {"a": None}), (0.1, {"a": None}), (0.2, {}))

    assert departures.durations == []


def test_clock_that_runs_backwards_makes_no_negative_age():
    """xact_start may be after clock_timestamp() of a moment before."""
    departures = _watched((0.0, {"a": -0.001}))

    assert departures.likelihood(0.1) == 1.0


def test_oldest_observation_is_forgotten_not_the_shortest():
    """Else a table with short transactions would look like one with long ones."""
    departures = Departures()
    for number in range(2000):
        departures.observe({str(number): 5.0}, number)
        departures.observe({}, number)
    for number in range(2000, 4000):
        departures.observe({str(number): 0.01}, number)
        departures.observe({}, number)

    assert departures.durations == [0.01] * 2000


def test_needed_is_the_shortest_choice_that_is_likely_enough():
    """Or None."""
    departures = _watched((0.0, {"a": 1.0}))

    assert departures.needed(0.5, [0.5, 1.0, 2.0]) == 1.0
    assert departures.needed(0.9, [0.5, 1.0, 2.0]) is None
