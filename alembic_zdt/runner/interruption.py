"""Report Ctrl-C and SIGTERM like every other end of a command, with no traceback.

This is done only where an Alembic command line runs the migrations.  In other programs
the exception propagates, as it would without this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import error_output, runs
from alembic_zdt.errors import ZdtError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.runner import signals

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

_REPLACED = "_zdt_replaced_handler"


def listen(environment: EnvironmentContext | None) -> None:
    """Make SIGTERM raise until env.py ends, if a command line runs it."""
    if environment is None or hasattr(environment, _REPLACED):
        return
    if is_of_a_command(environment.config):
        setattr(environment, _REPLACED, signals.listen())


def stop_listening(environment: EnvironmentContext) -> None:
    """Put back the handler of SIGTERM that :func:`listen` has replaced."""
    signals.stop_listening(vars(environment).pop(_REPLACED, None))


def is_of_a_command(config: Config | None) -> bool:
    """Check whether an Alembic command line has made a config."""
    return hasattr(getattr(config, "cmd_opts", None), "cmd")


@contextmanager
def reported() -> Iterator[None]:
    """Report an interruption of the body, with the revision that was being run."""
    running: list[str] = []

    def begin(_context: MigrationContext, step: Any) -> None:
        revision = getattr(step, "revision", None)
        running[:] = [] if revision is None else [revision.revision]

    def end(_context: MigrationContext, _step: Any, _seconds: float) -> None:
        running.clear()

    before = signals.listen()
    try:
        with runs.watching_steps(begin, end):
            yield
    except KeyboardInterrupt as error:
        report(error, f' in revision "{running[0]}"' if running else "")
    finally:
        signals.stop_listening(before)


def report(error: KeyboardInterrupt, where: str, detail: str = "") -> None:
    """Print what was interrupted, and exit with the code that a shell expects.

    Args:
        error: the interruption.
        where: the rest of the first line.
        detail: a sentence on what was done before.

    Raises:
        SystemExit: 130 after Ctrl-C, 143 after SIGTERM.
    """
    number = signals.number_of(error)
    found = ZdtError(
        f"interrupted by {number.name}{where}",
        detail=detail,
        hint="Run the same command again; finished steps are skipped.",
    )
    error_output.fail(found.message, exit_code=ExitCode(128 + number))
