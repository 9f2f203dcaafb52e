"""Report Ctrl-C and SIGTERM like every other end of a command, with no traceback.

This is done only where an Alembic command line runs the migrations.  In other programs
the exception propagates, as it would without this package.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import error_output, runs
from alembic_zdt.errors import ZdtError
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_WATCHED = "_zdt_interruptible"
_MOST_DONE = 5


class TerminatedError(KeyboardInterrupt):
    """A SIGTERM, for which drivers cancel their statement as for Ctrl-C."""


def watch(context: MigrationContext) -> None:
    """Report an interruption at the end of env.py, if a command line runs it."""
    if hasattr(context, _WATCHED) or not _is_of_a_command(context):
        return
    setattr(context, _WATCHED, True)
    before = _listen()

    def at_the_end() -> None:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
        error = sys.exc_info()[1]
        if isinstance(error, KeyboardInterrupt):
            report(error, _where(context), _what_is_done(context))

    runs.at_the_end_of_env(context, at_the_end)


@contextmanager
def reported() -> Iterator[None]:
    """Report an interruption of the body, with the revision that was being run."""
    running: list[str] = []

    def begin(_context: MigrationContext, step: Any) -> None:
        revision = getattr(step, "revision", None)
        running[:] = [] if revision is None else [revision.revision]

    def end(_context: MigrationContext, _step: Any, _seconds: float) -> None:
        running.clear()

    before = _listen()
    try:
        with runs.watching_steps(begin, end):
            yield
    except KeyboardInterrupt as error:
        report(error, f' in revision "{running[0]}"' if running else "")
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def report(error: KeyboardInterrupt, where: str, detail: str = "") -> None:
    """Print what was interrupted, and exit with the code that a shell expects.

    Args:
        error: the interruption.
        where: the rest of the first line.
        detail: what was done before.

    Raises:
        SystemExit: 130 after Ctrl-C, 143 after SIGTERM.
    """
    is_term = isinstance(error, TerminatedError)
    number = signal.SIGTERM if is_term else signal.SIGINT
    found = ZdtError(
        f"interrupted by {number.name}{where}",
        detail=detail,
        hint="Run the same command again; finished steps are skipped.",
    )
    error_output.fail(found.message, exit_code=128 + number)


def _where(context: MigrationContext) -> str:
    state, revision = run_state(context), runs.running_revision(context)
    where = f' in revision "{revision}"' if revision else ""
    return f"{where}: could not {state.step}" if state.step else where


def _what_is_done(context: MigrationContext) -> str:
    state = run_state(context)
    done = [*state.done_calls, *state.done_steps]
    if not done:
        return "No step of its directives was done."
    more = len(done) - _MOST_DONE
    words = "; ".join(done[-_MOST_DONE:])
    return f"Done: {f'{more} before; ' if more > 0 else ''}{words}."


def _is_of_a_command(context: MigrationContext) -> bool:
    options = getattr(context.config, "cmd_opts", None)
    return hasattr(options, "cmd")


def _listen() -> Any:
    """Let SIGTERM raise unless it has a handler, and return the replaced one."""
    if threading.current_thread() is not threading.main_thread():
        return None
    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL:
        return None
    signal.signal(signal.SIGTERM, _terminate)
    return before


def _terminate(_number: int, _frame: Any) -> None:
    raise TerminatedError
