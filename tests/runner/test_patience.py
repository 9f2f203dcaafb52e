"""When to join the queue for a lock, and for how long."""

from __future__ import annotations

import pytest

from alembic_zdt.runner.patience import Patience
from alembic_zdt.runner.prediction import Departures

BOUND = 0.2


def _behind(*ages):
    departures = Departures()
    departures.observe({str(n): age for n, age in enumerate(ages)}, 0.0)
    return departures


def _patience(patience=10.0):
    return Patience(bound=BOUND, patience=patience, start=0.0)


def test_free_table_is_tried_at_once_and_shortly():
    """Somebody may come between the look and the try."""
    assert _patience().try_for(Departures(), 0.0) == pytest.approx(0.2 * BOUND)


def test_old_holder_is_waited_for_outside_at_first():
    """It is not likely to go within the bound."""
    assert _patience().try_for(_behind(30.0), 0.0) is None


def test_old_holder_is_waited_for_outside_however_long_it_takes():
    """No patience makes thirty seconds likely to end."""
    assert _patience().try_for(_behind(30.0), 3600.0) is None


def test_holder_of_medium_age_is_worth_the_bound_in_the_end():
    """The longer we have been patient the more of it we spend."""
    patience = _patience()

    assert patience.try_for(_behind(0.3), 0.0) is None
    assert patience.try_for(_behind(0.3), 10.0) == pytest.approx(BOUND, rel=0.5)


@pytest.mark.parametrize("now", [0.0, 5.0, 10.0, 100.0])
@pytest.mark.parametrize("age", [0.0, 0.001, 0.05, 0.2, 1.0])
def test_try_never_exceeds_the_bound(age, now):
    """Whatever it hopes for."""
    allowed = _patience().try_for(_behind(age), now)

    assert allowed is None or 0 < allowed <= BOUND


def test_application_is_left_in_peace_after_a_try_in_vain():
    """Ten times as long as it was stalled."""
    patience = _patience()
    patience.failed(0.1, 5.0)

    assert patience.try_for(Departures(), 5.9) is None
    assert patience.try_for(Departures(), 6.1) is not None


def test_no_patience_joins_the_queue_at_once():
    """lock_patience = 0s takes a moment that is hardly likely."""
    assert _patience().try_for(_behind(0.3), 0.0) is None
    assert _patience(0.0).try_for(_behind(0.3), 0.0) is not None
