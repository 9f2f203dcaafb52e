"""Revisions that have begun and not ended.

The log has a row for such a revision from the first step of a directive on, which
commits the row.  The row is deleted when the revision ends, in either direction.
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
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog.database import Database
from alembic_zdt.errors import ConnectionLostError, ZdtError
from alembic_zdt.phases import names_directive
from alembic_zdt.revision_log import (
    BEGUN,
    is_logged,
    is_readable,
    row_of,
    state_of,
    table_of,
    version_table,
    write,
)
from alembic_zdt.runner import driver_errors
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.run_state import LogState, run_state
from alembic_zdt.steps import Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


def note_begun(context: MigrationContext, step: Any) -> None:
    """Log that the upgrade or the downgrade of a revision has begun.

    The first step of a directive commits the row, and the end of the revision deletes
    it.  So the next run knows which revision is half done.
    """
    revision: Any = getattr(step, "revision", None)
    if not (is_logged(context, revision) and names_directive(revision)):
        return
    try:
        with contexts.transaction_of_a_migration(context):
            state = state_of(context)
            if state.faults:
                return  # the row at its end is refused with an error
            write(context, state, row_of(context, step, (0.0, 0.0), (), begun=True))
        run_state(context).log = LogState(exists=True)
    except ConnectionLostError:
        raise
    except DBAPIError as error:
        if driver_errors.is_disconnect(error):
            raise explained(error, "write the log", settings_of(context)) from error
        log.debug("could not write the log of revisions", exc_info=error)
    except (ZdtError, OSError, SyntaxError) as error:
        log.debug("could not write the log of revisions", exc_info=error)


@dataclass(frozen=True)
class HalfDone:
    """A revision whose upgrade or downgrade has begun and not ended.

    Attributes:
        revision: its id.
        is_upgrade: whether the upgrade has begun.
        since: when it first began.
    """

    revision: str
    is_upgrade: bool
    since: datetime

    @property
    def direction(self) -> str:
        """Return the name of Alembic's command."""
        return "upgrade" if self.is_upgrade else "downgrade"

    @property
    def words(self) -> str:
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
                    "SELECT revision, direction, extract(epoch FROM min(applied_at))"  # noqa: S608
                    f" FROM {table.sql}"
                    f" WHERE version_table = {version_table(context)}"
                    f" AND direction LIKE '%{BEGUN}' GROUP BY 1, 2 ORDER BY 3 DESC"
                )
    except ConnectionLostError:
        raise
    except (ZdtError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and driver_errors.is_disconnect(error):
            raise explained(error, "read the log", settings_of(context)) from error
        log.debug("could not read the log of revisions", exc_info=error)
    return [
        HalfDone(
            revision,
            direction == f"upgrade{BEGUN}",
            datetime.fromtimestamp(float(since), UTC),
        )
        for revision, direction, since in rows
    ]


def _apart(connection: Connection) -> AbstractContextManager[Any]:
    """Return a savepoint that confines a failure, nothing in autocommit mode."""
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        return nullcontext()
    return connection.begin_nested()
