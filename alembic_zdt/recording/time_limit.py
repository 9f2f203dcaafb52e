"""A limit for the time that a revision may take without a database.

A loop that waits for an answer of the database may never end here.
https://docs.python.org/3/library/signal.html#signal.setitimer
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from alembic_zdt.recording.own_time import OwnClock

_AGAIN = 0.1
"""Seconds until the next look at the clock, or the next try to interrupt."""


class CutOffError(BaseException):
    """The time limit is reached; ``except Exception`` does not catch this error."""


def run_limited(function: Callable[[], object], seconds: float) -> None:
    """Run a function, and interrupt it if it runs longer than *seconds*.

    Raises:
        CutOffError: the function did not end by itself.
    """
    is_main = threading.current_thread() is threading.main_thread()
    has_signals = is_main and hasattr(signal, "setitimer")
    limit = _Signal(seconds) if has_signals else _Watch(seconds)
    failure: BaseException | None = None
    try:
        function()
    except BaseException as error:  # noqa: BLE001  # raised again below
        failure = error
    try:
        limit.end()
    except CutOffError:  # the limit has interrupted end() itself
        limit.end()
    if failure is not None:
        raise failure


def _is_in_time(clock: OwnClock, seconds: float) -> bool:
    """Check the limit, which is doubled if the clock runs on a busy machine, too."""
    return clock.seconds < (seconds if clock.is_exact else 2 * seconds)


class _Signal:
    """A limit by the timer of the process, which interrupts waits, too."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._tracing = seconds, sys.gettrace()
        self._begin, self._clock = time.monotonic(), OwnClock()
        self._handler = signal.signal(signal.SIGALRM, self._stop)
        self._others = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)

    def _stop(self, _signal: int, frame: FrameType | None) -> None:
        """Raise the error now, and again in case a bare ``except`` catches it."""
        if _is_in_time(self._clock, self._seconds):
            return
        sys.settrace(lambda *_event: None)
        while frame is not None and frame.f_code is not run_limited.__code__:
            frame.f_trace = _stop_line
            frame = frame.f_back
        raise CutOffError

    def end(self) -> None:
        """Stop the timer, and continue one that others have set."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(self._tracing)
        signal.signal(signal.SIGALRM, self._handler)
        left, interval = self._others
        if left:
            rest = max(left - (time.monotonic() - self._begin), 0.001)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


class _Watch:
    """A limit by another thread, which interrupts between steps of the interpreter."""

    def __init__(self, seconds: float) -> None:
        self._thread, self._ended = threading.get_ident(), threading.Event()
        self._clock = OwnClock()
        self._watch = threading.Thread(target=self._run, args=[seconds], daemon=True)
        self._watch.start()

    def _run(self, seconds: float) -> None:
        wait = seconds
        while not self._ended.wait(wait):
            if not _is_in_time(self._clock, seconds):
                _raise_in(self._thread)
            wait = _AGAIN

    def end(self) -> None:
        """End the other thread."""
        self._ended.set()
        self._watch.join()


def _stop_line(_frame: FrameType, event: str, _argument: Any) -> Any:
    if event == "line":
        raise CutOffError
    return _stop_line


def _raise_in(thread: int) -> None:
    """Raise the error at the next jump or call in a thread."""
    set_error: Any = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_error(ctypes.c_ulong(thread), ctypes.py_object(CutOffError))
