"""Log lines about a wait, and print them to stderr where the log hides them.

The alembic.ini of Alembic's templates shows warnings of other packages only.  There, a
long wait would look like a hang.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time

from alembic_zdt.printable import printable
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")

# A notice that comes slightly early must not wait for the next interval.
_NEARLY = 0.95


class Notices:
    """Notices of one wait or of one long step.

    Args:
        settings: the settings, which say how often to log and to print, and whether to
            print at all.
        at_once: whether the first notice is due now, and not after the first interval.
    """

    def __init__(self, settings: Settings, *, at_once: bool = False) -> None:
        self._interval = settings.progress_interval.total_seconds()
        self._prints = settings.progress in {"auto", "live"}
        self._printed_at = now = time.monotonic()
        self._due_at = now if at_once else now + self._interval

    def is_due(self) -> bool:
        """Check whether a notice is due, and begin the next interval if so."""
        now = time.monotonic()
        if now < self._due_at:
            return False
        self._due_at = now + self._interval
        return True

    def say(self, line: str) -> None:
        """Log the line, and print it to stderr once an interval if the log hides it."""
        log.info("%s", line)
        self.repeat(line)

    def repeat(self, line: str) -> None:
        """Print a line that was logged before to stderr if the log hides it."""
        now = time.monotonic()
        if now - self._printed_at < _NEARLY * self._interval or not self._prints:
            return
        if not is_logged():
            self._printed_at = now
            _print(line)


def is_logged() -> bool:
    """Check whether a handler takes the log lines of this package."""
    if not log.isEnabledFor(logging.INFO):
        return False
    current: logging.Logger | None = log
    while current is not None:
        if any(_takes(handler) for handler in current.handlers):
            return True
        current = current.parent if current.propagate else None
    return False


def _takes(handler: logging.Handler) -> bool:
    is_null = isinstance(handler, logging.NullHandler)
    return not is_null and handler.level <= logging.INFO


def _print(line: str) -> None:
    # There is no stderr in a service of Windows, and a closed one in some servers.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(f"[alembic_zdt] {printable(line)}\n")
        sys.stderr.flush()
