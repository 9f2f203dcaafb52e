"""The limits for revisions that run without a database: time, input and waits."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic_zdt.recording.own_time import OwnClock
from alembic_zdt.recording.time_limit import run_limited

_SECONDS = 2.0
"""Seconds for one revision."""
_FEWER = 0.2
"""Seconds for one revision, when others have used up the seconds of all."""
_ALL_LONG_ONES = 4.0
"""Seconds for all slow revisions together."""


class Limits:
    """The limits of all revisions of one run."""

    def __init__(self) -> None:
        self._left = _ALL_LONG_ONES

    def run(self, function: Callable[[], object]) -> None:
        """Run a revision, or read its file.

        Raises:
            CutOffError: it did not end in time.
        """
        clock = OwnClock()
        try:
            with _without_input():
                run_limited(function, _SECONDS if self._left > 0 else _FEWER)
        finally:
            used = clock.seconds
            self._left -= used if used > _FEWER else 0


@contextmanager
def _without_input() -> Iterator[None]:
    """Let questions to the user fail, because the user cannot answer them."""
    kept, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = kept


@contextmanager
def without_waits() -> Iterator[None]:
    """Let ``time.sleep()`` return at once in this thread while the body runs."""
    original, own = time.sleep, threading.get_ident()

    def sleep(seconds: Any) -> None:
        if threading.get_ident() != own:
            original(seconds)

    time.sleep = sleep
    try:
        yield
    finally:
        time.sleep = original
