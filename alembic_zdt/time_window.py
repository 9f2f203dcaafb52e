"""Hours of each day at which work may be done, as the clocks of a time zone show them.

A window opens at the first moment at which these clocks show its begin or a later time,
and closes in the same way.  So it stays one piece while clocks are set back, and does
not depend on a time that clocks pass over.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WRITTEN = re.compile(r"\A([0-2]\d:[0-5]\d)-([0-2]\d:[0-5]\d) (\S++)\Z")


@dataclass(frozen=True)
class TimeWindow:
    """A window that opens each day: ``22:00-05:00 Europe/Berlin``.

    Attributes:
        text: the window as it was written, empty for one that is always open.

    Raises:
        ValueError: it cannot be read, or the time zone is unknown.
    """

    text: str = ""

    def __post_init__(self) -> None:
        """Refuse a text that is no window."""
        if self.text:
            self._parts()

    def __str__(self) -> str:
        """Return the window as a setting writes it."""
        return self.text

    def is_open(self, now: datetime) -> bool:
        """Check whether work may be done.

        Args:
            now: a moment, with its time zone.
        """
        return not self.text or any(
            begin <= now < end for begin, end in self._openings(now)
        )

    def opens_at(self, now: datetime) -> datetime:
        """Return when the window opens next, in its time zone.

        Args:
            now: a moment at which it is closed, with its time zone.
        """
        following = min(
            begin for begin, end in self._openings(now) if now < begin < end
        )
        return following.astimezone(self._parts()[2])

    def closes_at(self, now: datetime) -> datetime:
        """Return when the window closes, in its time zone.

        Args:
            now: a moment at which it is open, with its time zone.
        """
        end = max(end for begin, end in self._openings(now) if begin <= now < end)
        return end.astimezone(self._parts()[2])

    def _openings(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        begin, end, zone = self._parts()
        today = now.astimezone(zone).date()
        for day in (today - _DAY, today, today + _DAY, today + 2 * _DAY):
            last = day + _DAY if end < begin else day
            # Both are the same moment if clocks pass over the whole window.
            yield _moment(day, begin, zone), _moment(last, end, zone)

    def _parts(self) -> tuple[time, time, ZoneInfo]:
        match = _WRITTEN.match(self.text)
        try:
            found = _read(*match.groups()) if match else None
        except (ValueError, KeyError, OSError):
            found = None
        if found is None or found[0] == found[1]:
            msg = (
                "two times and a time zone that Python knows, such as "
                '"22:00-05:00 Europe/Berlin" (without a system database of time '
                "zones, install tzdata)"
            )
            raise ValueError(msg)
        return found


def _read(begin: str, end: str, zone: str) -> tuple[time, time, ZoneInfo]:
    return time.fromisoformat(begin), time.fromisoformat(end), ZoneInfo(zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day at which clocks show *at* or a later time."""
    wanted = datetime.combine(day, at)
    found = wanted.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wanted:
        return found
    # Clocks are set forward past that time: the window opens when that happens.
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = found.astimezone(zone).utcoffset()
    seconds = range(int(before.timestamp()), int(found.timestamp()))
    change = bisect.bisect_left(
        seconds,
        1,
        key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() == after,
    )
    return datetime.fromtimestamp(seconds[0] + change, UTC)
