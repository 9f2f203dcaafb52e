"""The signals that interrupt a command, from its first import on.

``alembic-zdt`` uses this module before Alembic is imported, so it imports little.
https://docs.python.org/3/library/signal.html
"""

from __future__ import annotations

import os.path
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic_zdt.exit_codes import ExitCode


class TerminatedError(KeyboardInterrupt):
    """A SIGTERM, for which drivers cancel their statement as for Ctrl-C."""


def number_of(error: KeyboardInterrupt) -> signal.Signals:
    """Return the signal that an exception stands for."""
    is_term = isinstance(error, TerminatedError) or bool(_passed_on)
    return signal.SIGTERM if is_term else signal.SIGINT


def listen() -> Any:
    """Make SIGTERM raise unless it has a handler, and return the old handler."""
    if threading.current_thread() is not threading.main_thread():
        return None
    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL:
        return None
    _passed_on.clear()
    signal.signal(signal.SIGTERM, _terminate)
    return before


def stop_listening(before: Any) -> None:
    """Put back the handler that :func:`listen` has replaced, if there is one."""
    if before is not None:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: Any) -> None:
    # asyncio.run() has a handler of SIGINT that cancels its task.  An exception that is
    # raised within the event loop can leave asyncpg waiting for ever, or crash it.
    handler: Any = signal.getsignal(signal.SIGINT)
    if not _is_of_asyncio(handler):
        raise TerminatedError
    _passed_on.append(number)
    handler(number, frame)


def _is_of_asyncio(handler: Any) -> bool:
    """Check whether ``asyncio.run()`` has set a handler, and runs."""
    asyncio: Any = sys.modules.get("asyncio")
    method = getattr(handler, "func", None)
    runner = getattr(method, "__self__", None)
    return asyncio is not None and isinstance(runner, asyncio.Runner)


_passed_on: list[int] = []
"""The SIGTERM that was passed to the handler of SIGINT, which raises another error."""


@contextmanager
def reported_in_one_line() -> Iterator[None]:
    """Report an interruption of the body in one line, with few imports.

    Raises:
        SystemExit: 130 after Ctrl-C, 143 after SIGTERM.
    """
    before = listen()
    try:
        yield
    except KeyboardInterrupt as error:
        number = number_of(error)
        sys.stdout.write(f"FAILED: interrupted by {number.name}\n")
        sys.exit(ExitCode(128 + number))
    finally:
        stop_listening(before)


def is_own_program() -> bool:
    """Check whether this process is ``alembic-zdt`` or ``python -m alembic_zdt``."""
    first = sys.argv[0] if sys.argv else ""
    if first == "-m":  # while Python imports the package
        return ("-m", "alembic_zdt") in zip(
            sys.orig_argv, sys.orig_argv[1:], strict=False
        )
    return os.path.basename(first).removesuffix(".exe") == "alembic-zdt"  # noqa: PTH119
