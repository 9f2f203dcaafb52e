"""Report interruptions, lost connections and cancelled statements outside of steps.

Without this module, each of them ends in a traceback outside of directives: while
env.py connects, while the run waits, in a stock revision, in Alembic's own commit.  An
error that this package raises between revisions gets the state of the run.

This is done only in a project that uses this package, see
``alembic_compat/package_use.py``, or after the run has begun a directive.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt.alembic_compat import contexts, environments, runs, uncommitted
from alembic_zdt.alembic_compat.package_use import uses_package
from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import ConnectionLostError, ZdtError
from alembic_zdt.runner import interruption
from alembic_zdt.runner.explanations import cancelled, connection_lost
from alembic_zdt.runner.run_state import RunState, run_state

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import Script

_MOST_DONE = 5


def report(
    environment: EnvironmentContext,
    error: BaseException,
    names_directive: Callable[[Script], bool],
) -> None:
    """Report the error that ended env.py, unless a step has reported it.

    Args:
        environment: the environment of the run.
        error: the error that Alembic would raise.
        names_directive: a function that checks whether a revision names a directive.

    Raises:
        SystemExit: the command was interrupted.
        ConnectionLostError: the backend or the network is gone.
        StatementTimeoutError: another session has cancelled a statement.
    """
    end = _End(environment, names_directive)
    if not (end.has_directives or uses_package(environment)):
        return
    if isinstance(error, KeyboardInterrupt):
        if interruption.is_of_a_command(environment.config):
            interruption.report(error, end.place, end.kept)
        return
    if not end.is_of_alembic:
        return
    if isinstance(error, ZdtError):
        end.complete(error)
    ended = _end_behind(error)
    if ended is not None:
        raise end.explained(ended) from error


def _end_behind(error: BaseException | None) -> DBAPIError | None:
    """Return the end of the run behind a clean-up's error, None for other errors."""
    while isinstance(error, SQLAlchemyError):
        if isinstance(error, DBAPIError) and driver_errors.ends_run(error):
            return error
        error = error.__context__
    return None


class _End:
    """The state of a run at its end.

    Args:
        environment: the environment of the run.
        names_directive: a function that checks whether a revision names a directive.
    """

    def __init__(
        self,
        environment: EnvironmentContext,
        names_directive: Callable[[Script], bool],
    ) -> None:
        self._names_directive = names_directive
        steps = environment.context_opts.get("fn")
        self._context = environments.context_of(environment)
        self._state: RunState = run_state(self._context)
        self.has_directives = self._state.has_directives
        self._is_run = contexts.is_function_of_runs(steps)
        self.is_of_alembic = contexts.is_function_of_commands(steps)

    @property
    def place(self) -> str:
        """Return the end of the first line: the revision, and the current step."""
        where = f' in revision "{self._revision}"' if self._revision else ""
        if not where and self._is_run:
            where = " before the first revision"
        step = self._state.step
        return f"{where}: could not {step}" if step else where

    @property
    def kept(self) -> str:
        """Return sentences on the revisions that are kept and rolled back."""
        if not self._revision:
            return "No revision was run." if self._is_run else ""
        if self._context and runs.is_version_written(self._context):
            return self._unknown
        done = [*self._state.done_calls, *self._state.done_steps]
        if done:
            more = len(done) - _MOST_DONE
            words = "; ".join(done[-_MOST_DONE:])
            return f"Done: {f'{more} before; ' if more > 0 else ''}{words}."
        if self._is_ours:
            rolled_back = _rolled_back(self._held[:-1])
            return f"No step of its directives was done. {rolled_back}".rstrip()
        return _rolled_back(self._held)

    def explained(self, error: DBAPIError) -> ZdtError:
        """Return the error for an end outside of any directive."""
        if driver_errors.is_disconnect(error):
            return self._lost(error)
        found = driver_errors.diagnostics(error)
        return cancelled(found, self._lost_at(error)[0], self._kept_after_cancel)

    def complete(self, error: ZdtError) -> None:
        """Add to an error the state of the run, if it names no revision yet."""
        if "stopped_revision" not in error.fields:
            known = self._kept_after_cancel
            if isinstance(error, ConnectionLostError):
                known = self.kept
            name = f'"{self._revision}"'
            if self._revision and name not in known:
                known = f"{name}: {known}"
            if known:
                error.fields = {**error.fields, "stopped_revision": known}
                error.args = (error.message,)

    @property
    def _kept_after_cancel(self) -> str:
        """Return sentences on the revisions that a cancelled statement rolled back."""
        if self._revision and self._context and runs.is_version_written(self._context):
            return _rolled_back(self._held) or self._unknown
        return self.kept

    def _lost(self, error: DBAPIError) -> ConnectionLostError:
        purpose, known = self._lost_at(error)
        return connection_lost(error, purpose, known)

    def _lost_at(self, error: DBAPIError) -> tuple[str, str]:
        if not self._is_run:
            return "finish the command", ""
        if not self._revision:
            return self._state.step or "begin the run", self.kept
        if error.statement is None and self._held:
            return f"commit {_list(self._held)}", self._unknown
        return f'run revision "{self._revision}"', self.kept

    @property
    def _unknown(self) -> str:
        if not self._held:
            return f'Revision "{self._revision}" is committed.'
        return (
            f"Whether the server has committed {_list(self._held)} is unknown; "
            '"alembic current" shows it.'
        )

    @property
    def _held(self) -> list[str]:
        return uncommitted.revisions(self._context) if self._context else []

    @property
    def _revision(self) -> str:
        return (self._context and runs.running_revision(self._context)) or ""

    @property
    def _is_ours(self) -> bool:
        step = runs.running_step(self._context) if self._context else None
        return step is not None and self._names_directive(step.revision)


def _rolled_back(revisions: list[str]) -> str:
    if not revisions:
        return ""
    return f"The transaction of {_list(revisions)} is rolled back."


def _list(revisions: list[str]) -> str:
    words = "revision" if len(revisions) == 1 else "revisions"
    names = ", ".join(f'"{each}"' for each in revisions)
    return f"{words} {names}"
