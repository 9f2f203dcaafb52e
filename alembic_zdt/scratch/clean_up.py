"""The end of a run, which a second Ctrl-C does not stop half-way.

https://docs.python.org/3/library/contextlib.html#contextlib.ExitStack
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C in the body, and in processes that the body starts.

    SIGTERM still ends the body, for a server that does not answer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def cleaned_up() -> Iterator[ExitStack]:
    """Yield a stack whose callbacks run undisturbed after the body."""
    stack = ExitStack()
    try:
        yield stack
    finally:
        with undisturbed():
            stack.close()
