"""Revisions whose upgrade or downgrade has begun and not ended.

The log has a row for such a revision.  The first step of a directive commits the row.
The row is deleted when the revision ends, in either direction.
https://www.postgresql.org/docs/current/sql-delete.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import (
    ConnectionLostError,
    LockNotAvailableError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.names import literal
from alembic_zdt.operations.changed_again import changes_again
from alembic_zdt.operations.nothing_to_drop import (
    DropOperation,
    nothing_to_drop,
)
from alembic_zdt.phases import names_directive
from alembic_zdt.revision_log import (
    BEGUN,
    connection_of,
    forgetting,
    is_logged,
    is_readable,
    row_of,
    state_of,
    table_of,
    version_table,
    write,
)
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.run_state import LogState, run_state
from alembic_zdt.runner.subject_lock import refuse_if_overtaken
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.steps import Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.operations.base import ZdtOperation

log = logging.getLogger("alembic_zdt")


def note_begun(context: MigrationContext, step: Any) -> None:
    """Log that the upgrade or the downgrade of a revision has begun.

    The first step of a directive commits the row, and the end of the revision deletes
    it.  So the next run knows which revision is half done.
    """
    revision: Any = getattr(step, "revision", None)
    if is_logged(context, revision) and names_directive(revision):
        _write_begun(context, step, calls_begun(context, step))


def _write_begun(context: MigrationContext, step: Any, calls: Sequence[str]) -> None:
    """Write the row of a revision that has begun, with the calls that have begun."""
    try:
        with contexts.transaction_of_a_migration(context):
            state = state_of(context)
            if state.faults:
                return  # the row at its end is refused with an error
            write(context, state, row_of(context, step, (0.0, 0.0), calls, begun=True))
        run_state(context).log = LogState(exists=True)
    except (ConnectionLostError, LockNotAvailableError, StatementTimeoutError):
        raise
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise explained(error, "write the log", settings_of(context)) from error
        log.debug("could not write the log of revisions", exc_info=error)
    except (ZdtError, OSError, SyntaxError) as error:
        log.debug("could not write the log of revisions", exc_info=error)


def forget_refused(context: MigrationContext, step: Any) -> None:
    """Delete the row of a revision that was refused before it changed anything.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision.
    """
    state, revision = run_state(context), str(step.revision.revision)
    was_begun = any(each.revision == revision for each in state.half_done or ())
    if was_begun or state.has_changed or not state.has_committed:
        return
    try:
        with autocommit(context) as connection:
            Database(connection).execute(forgetting(context, step))
    except (ZdtError, SQLAlchemyError) as error:
        log.debug("could not write the log of revisions", exc_info=error)


@dataclass(frozen=True)
class HalfDone:
    """A revision whose upgrade or downgrade has begun and not ended.

    Attributes:
        revision: its id.
        is_upgrade: whether the upgrade has begun.
        since: when it first began.
        calls: the directives that have begun; all but the last are done. Empty unless a
            later directive changes the object of an earlier one.
    """

    revision: str
    is_upgrade: bool
    since: datetime
    calls: Sequence[str] = ()

    @property
    def direction(self) -> str:
        """Return the name of Alembic's command."""
        return "upgrade" if self.is_upgrade else "downgrade"

    @property
    def label(self) -> str:
        """Describe the state, and the commands that continue from it."""
        since = self.since.isoformat(sep=" ", timespec="seconds")
        other = "downgrade" if self.is_upgrade else "upgrade"
        return (
            f'the {self.direction} of revision "{self.revision}" began at {since} and '
            f"has not ended; run the {self.direction} again, or go back with {other}"
        )


def ask_once(context: MigrationContext) -> None:
    """Read the half-done revisions at the first revision of a run."""
    if run_state(context).half_done is None:
        with contexts.transaction_of_a_migration(context):
            left_half_done(context)


def left_half_done(context: MigrationContext) -> Sequence[HalfDone]:
    """Return the half-done revisions, which are read once in a run."""
    run = run_state(context)
    if run.half_done is None:
        run.half_done = half_done(context)
    return run.half_done


def half_done(context: MigrationContext) -> list[HalfDone]:
    """Return the revisions that have begun and not ended, the last begun first.

    Return none if the log cannot be read or trusted.
    """
    if context.connection is None:
        return []
    database, table = Database(context.connection), table_of(context)
    rows: Sequence[Row] = []
    try:
        if is_readable(context, database):
            with _apart(context.connection):
                rows = database.rows(
                    "SELECT DISTINCT ON (revision, direction) revision, direction,"  # noqa: S608
                    " extract(epoch FROM min(applied_at) OVER (PARTITION BY revision,"
                    f" direction)) AS since, {_CALLS}"
                    f" FROM {table.sql} AS entry"
                    f" WHERE version_table = {version_table(context)}"
                    f" AND direction LIKE '%{BEGUN}'"
                    " ORDER BY revision, direction, applied_at DESC"
                )
    except (ConnectionLostError, StatementTimeoutError):
        raise
    except (ZdtError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and driver_errors.ends_run(error):
            raise explained(error, "read the log", settings_of(context)) from error
        log.debug("could not read the log of revisions", exc_info=error)
    return [
        HalfDone(
            revision,
            direction == f"upgrade{BEGUN}",
            datetime.fromtimestamp(float(since), UTC),
            calls or (),
        )
        for revision, direction, since, calls in sorted(
            rows, key=lambda row: row[2], reverse=True
        )
    ]


# Older versions of this package made the log without this column.
_CALLS = (
    "ARRAY(SELECT pg_catalog.jsonb_array_elements_text(pg_catalog.jsonb_extract_path("
    "pg_catalog.to_jsonb(entry), 'assured')))"
)


def calls_begun(context: MigrationContext, step: Any) -> Sequence[str]:
    """Return the calls that an earlier run of a revision has logged.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision.
    """
    for found in run_state(context).half_done or ():
        is_same = found.revision == str(step.revision.revision)
        if is_same and found.is_upgrade is bool(step.is_upgrade):
            return tuple(found.calls)
    return ()


class Progress:
    """The directives that a revision has begun, for a later run of the revision.

    A directive looks at the catalog to find what is done.  The catalog does not show it
    if a later directive of the same revision has changed the object again, for example
    its name.  So the log holds which directives are done.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision.
    """

    def __init__(self, context: MigrationContext, step: Any) -> None:
        self._context, self._step = context, step
        self._logged = calls_begun(context, step)
        self._begun: list[str] = []

    @property
    def done_before(self) -> int:
        """Return how many calls an earlier run has logged as done."""
        return max(0, len(self._logged) - 1)

    def is_done(self, operation: ZdtOperation) -> bool:
        """Note that a call begins, and return whether an earlier run has done it.

        Args:
            operation: the call.
        """
        number = len(self._begun)
        self._begun.append(operation.call)
        is_same = list(self._logged[: number + 1]) == self._begun
        if is_same and number < self.done_before:
            later = self._logged[number + 1 :]
            if any(changes_again(operation.call, other) for other in later):
                log.info("skipped: %s (done by an earlier run)", operation.call)
                run_state(self._context).end_call(operation.call)
                return True
        earlier = self._begun[:-1]
        if not is_same and any(changes_again(e, operation.call) for e in earlier):
            _write_begun(self._context, self._step, self._begun)
        return False

    def before_drop(self, operation: ZdtOperation) -> None:
        """Refuse a drop that finds nothing, and log any other drop before it begins.

        An earlier run of the revision, or another process, may have dropped the object.
        Then the log has the call.

        Args:
            operation: the call.

        Raises:
            UndefinedObjectError: there is nothing to drop.
            MigratedMeanwhileError: another process has applied the revision.
        """
        log_state = run_state(self._context).log
        is_known = log_state is not None and log_state.exists and not log_state.faults
        if not is_known or not is_logged(self._context, self._step.revision):
            return
        if not isinstance(operation, DropOperation) or operation.if_exists:
            return
        try:
            self._look_for(operation)
        except DBAPIError as error:
            settings = settings_of(self._context)
            raise explained(error, operation.purpose, settings) from error

    def _look_for(self, operation: DropOperation) -> None:
        database = Database(connection_of(self._context))
        with contexts.transaction_of_a_migration(self._context):
            is_missing = database.holds(operation.sought.is_missing)
            is_done = is_missing and operation.call in self._logged_calls()
        if is_missing and not is_done:
            refuse_if_overtaken(self._context, operation)
            raise nothing_to_drop(operation, database)
        if not is_missing:
            _write_begun(self._context, self._step, self._begun)

    def _logged_calls(self) -> set[str]:
        """Return the calls that any run of the revision has logged as begun."""
        direction = "upgrade" if self._step.is_upgrade else "downgrade"
        rows = Database(connection_of(self._context)).rows(
            f"SELECT {_CALLS} FROM {table_of(self._context).sql} AS entry"  # noqa: S608
            f" WHERE version_table = {version_table(self._context)}"
            f" AND revision = {literal(self._step.revision.revision)}"
            f" AND direction = {literal(direction + BEGUN)}"
        )
        return {call for (calls,) in rows for call in calls or ()}


def _apart(connection: Connection) -> AbstractContextManager[Any]:
    """Return a savepoint, or a context without effect in autocommit mode."""
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        return nullcontext()
    return connection.begin_nested()
