"""Error output of Alembic's command line, without showing an error twice.

Alembic logs the text and then prints it after ``FAILED:``.  With the alembic.ini of
its templates both reach the terminal, and the printed one loses its line breaks.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NoReturn

from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.errors import ZdtError
from alembic_zdt.exit_codes import ExitCode


def watch_errors() -> None:
    """Let Alembic's command line report errors of this package with :func:`fail`.

    Errors of others are left to Alembic.
    """
    names.ERR.wrap(_telling_once)


def _telling_once(original: Callable[..., None]) -> Callable[..., None]:
    def err(message: str, *args: Any, **kw: Any) -> None:
        # Alembic calls it while it handles the error.
        if isinstance(sys.exc_info()[1], ZdtError):
            fail(message, *args, **kw)
        original(message, *args, **kw)

    return err


def fail(
    message: str, quiet: bool = False, *, exit_code: ExitCode = ExitCode.FAILED
) -> NoReturn:
    """Log *message*, print it after ``FAILED:``, and exit.

    A terminal shows it once; every other log handler gets the record, too.

    Args:
        message: the message of the error.
        quiet: print nothing.
        exit_code: the exit code of the process.
    """
    log = logging.getLogger("alembic.util.messaging")
    with ExitStack() as stack:
        if not quiet:
            for handler in _terminal_handlers(log, message):
                stack.enter_context(_without_records_of(handler, log.name))
        log.error(message)
    if not quiet:
        _write(f"FAILED: {message}\n")
    sys.exit(exit_code)


def _write(text: str) -> None:
    """Write to stdout as Alembic does, replacing characters that its encoding lacks."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    with suppress(OSError):
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _terminal_handlers(log: logging.Logger, message: str) -> Iterator[logging.Handler]:
    """Find the handlers that would show the text on the terminal of stdout."""
    terminal = _terminal(sys.stdout)
    if terminal is None:
        return
    record = log.makeRecord(log.name, logging.ERROR, "", 0, message, (), None)
    for handler in _handlers(log):
        is_there = _terminal(getattr(handler, "stream", None)) == terminal
        if is_there and message in handler.format(record):
            yield handler


def _handlers(log: logging.Logger) -> Iterator[logging.Handler]:
    current: logging.Logger | None = log
    while current is not None:
        yield from current.handlers
        current = current.parent if current.propagate else None


def _terminal(stream: Any) -> tuple[int, int] | None:
    """Identify the terminal that a stream writes to, or return None."""
    try:
        if not stream.isatty():
            return None
        found = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _without_records_of(handler: logging.Handler, name: str) -> Iterator[None]:
    def is_other(record: logging.LogRecord) -> bool:
        return record.name != name

    handler.addFilter(is_other)
    try:
        yield
    finally:
        handler.removeFilter(is_other)
