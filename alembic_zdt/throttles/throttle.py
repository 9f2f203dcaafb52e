"""The interface of a reason to hold long work back."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from alembic_zdt.connection.database import Database

log = logging.getLogger("alembic_zdt")

REST_PER_LOOK = 3.0
"""Pause after each look, as a multiple of its time, to spare a slow connection."""


@dataclass(frozen=True)
class Moment:
    """The state of the work between two batches.

    Attributes:
        relation: the oid of the table that is worked on.
        rows_done: the number of rows that this process has done.
    """

    relation: int = 0
    rows_done: int = 0


class Throttle(ABC):
    """One reason to hold work back, looked at from time to time.

    Attributes:
        name: the subject of "... held it for 5 s" in the log.
        every: seconds between two looks.

    Args:
        database: a connection in autocommit mode.
    """

    name: ClassVar[str]
    every: ClassVar[float] = 1.0

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_at = float("-inf")
        self._reason = ""
        self._said_blind = False

    def reason(self, moment: Moment) -> str:
        """Return the reason to wait, empty to go on.

        Args:
            moment: the state of the work.
        """
        now = time.monotonic()
        if now - self._looked_at >= self.every:
            self._reason = self.look(moment)
            took = time.monotonic() - now
            self._looked_at = now + REST_PER_LOOK * took
        return self._reason

    @abstractmethod
    def look(self, moment: Moment) -> str:
        """Ask the server now, and return the reason to wait, empty to go on.

        Args:
            moment: the state of the work.
        """

    def _say_blind(self, to_what: str) -> None:
        if not self._said_blind:
            self._said_blind = True
            log.warning(
                "cannot see %s: the role needs pg_read_all_stats; going on without "
                "this check",
                to_what,
            )
