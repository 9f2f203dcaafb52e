"""Wait for a condition by asking again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PAUSE = 0.005


def wait_until(
    condition: Callable[[], object], what: str, *, timeout: float = 10.0
) -> None:
    """Return when ``condition()`` is true.

    Raises:
        AssertionError: it was still false after ``timeout`` seconds.
    """
    pause = threading.Event()
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"still not true after {timeout}s: {what}"
        pause.wait(PAUSE)
