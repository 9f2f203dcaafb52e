"""Hold outside of a time window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from alembic_zdt.connection.database import Database
from alembic_zdt.throttles.throttle import Moment, Throttle
from alembic_zdt.time_window import TimeWindow


def _now() -> datetime:
    return datetime.now(UTC)


class WorkingHours(Throttle):
    """The hours at which work may be done, by the clock of this machine.

    Args:
        database: a connection, which is not asked.
        window: the window.
        clock: a function that returns the present moment with its time zone;
            default: the clock of this machine.
    """

    name: ClassVar[str] = "the time window"

    def __init__(
        self,
        database: Database,
        window: TimeWindow,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(database)
        self._window = window
        self._clock = clock or _now

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Say when the window opens next, empty while it is open."""
        now = self._clock()
        if self._window.is_open(now):
            return ""
        opens = f"{self._window.opens_at(now):%Y-%m-%d %H:%M %Z}"
        return f"the window {self._window} opens at {opens}"
