"""A window of hours: over midnight, and where clocks are set forward or back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alembic_zdt.time_window import TimeWindow

# In Berlin clocks go from 02:00 to 03:00 on 2026-03-29 (01:00 UTC), and from 03:00 back
# to 02:00 on 2026-10-25 (01:00 UTC).
OPEN = {
    "over midnight": ("22:00-05:00 UTC", "11-30 22:00", "12-01 05:00"),
    "within a day": ("01:30-02:00 America/New_York", "11-30 06:30", "11-30 07:00"),
    "an hour less": ("22:00-05:00 Europe/Berlin", "03-28 21:00", "03-29 03:00"),
    "an hour more": ("22:00-05:00 Europe/Berlin", "10-24 20:00", "10-25 04:00"),
    "begins in the gap": ("02:30-05:00 Europe/Berlin", "03-29 01:00", "03-29 03:00"),
    "ends in the gap": ("01:00-02:30 Europe/Berlin", "03-29 00:00", "03-29 01:00"),
    "begins twice": ("02:30-05:00 Europe/Berlin", "10-25 00:30", "10-25 04:00"),
    "ends twice": ("01:00-02:30 Europe/Berlin", "10-24 23:00", "10-25 00:30"),
    "half an hour": ("02:15-04:00 Australia/Lord_Howe", "10-03 15:30", "10-03 17:00"),
}


def moment(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize("case", OPEN)
def test_the_window_opens_and_closes_once(case):
    """Asked each minute from two hours before it opens to two hours after it closes."""
    text, opens, closes = OPEN[case]
    window, begin, end = TimeWindow(text), moment(opens), moment(closes)
    minutes = int((end - begin) / timedelta(minutes=1)) + 240
    asked = [begin + timedelta(minutes=n - 120) for n in range(minutes)]

    found = [at for at in asked if window.is_open(at)]

    assert found == [at for at in asked if begin <= at < end]
    assert window.opens_at(begin - timedelta(hours=1)).astimezone(UTC) == begin


def test_a_window_within_the_gap_stays_closed_that_day():
    window = TimeWindow("02:10-02:50 Europe/Berlin")

    assert not any(
        window.is_open(moment("03-29 00:00") + timedelta(minutes=n)) for n in range(240)
    )
    assert window.opens_at(moment("03-29 00:00")) == moment("03-30 00:10")


def test_a_window_that_the_clocks_pass_over_opens_the_next_day():
    """Seen from the day before, after its own window."""
    window = TimeWindow("02:00-03:00 Europe/Berlin")

    opens = window.opens_at(datetime(2027, 3, 27, 12, tzinfo=UTC))

    assert str(opens) == "2027-03-29 02:00:00+02:00"


def test_no_window_is_always_open():
    assert TimeWindow().is_open(moment("03-29 00:00"))


@pytest.mark.parametrize(
    "text",
    ["22:00", "22:00-05:00", "22:00-22:00 UTC", "25:00-05:00 UTC", "22:00-05:00 Mars"],
)
def test_an_unreadable_window_is_refused(text):
    with pytest.raises(ValueError, match="two times and a time zone that Python"):
        TimeWindow(text)


def test_windows_close():
    night = TimeWindow("22:00-05:00 Europe/Berlin")
    now = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # clocks are set back at 03:00

    closes = night.closes_at(now)

    assert f"{closes:%Y-%m-%d %H:%M %Z}" == "2026-10-25 05:00 CET"
    assert closes - now == timedelta(hours=5, minutes=30)
