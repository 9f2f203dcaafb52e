"""A clock that stands still while a thread waits for a processor.

On a busy machine a revision that needs little time may take long.
https://docs.kernel.org/scheduler/sched-stats.html
"""

from __future__ import annotations

import threading
import time
from pathlib import Path


class OwnClock:
    """The time of the thread that makes this object.

    Attributes:
        is_exact: whether the system tells how long the thread waits for a processor.
            Otherwise the clock never stands still.
    """

    def __init__(self) -> None:
        thread = threading.get_native_id()
        self._statistics = Path(f"/proc/self/task/{thread}/schedstat")
        self.is_exact = self._waited() is not None
        self._begin = self._now()

    @property
    def seconds(self) -> float:
        """Return the seconds since the object was made."""
        return self._now() - self._begin

    def _now(self) -> float:
        return time.monotonic() - (self._waited() or 0.0)

    def _waited(self) -> float | None:
        """Return the seconds that the thread has waited for a processor."""
        try:
            return int(self._statistics.read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None
