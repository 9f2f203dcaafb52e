"""Revisions that were begun, and have not ended.

A row of the log says so from the first step of a directive on, which commits it.  It
goes when the revision ends, in whichever direction.
https://www.postgresql.org/docs/current/sql-delete.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt import compat
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
from alembic_zdt.runner.this_run import LogState, this_run
from alembic_zdt.steps import Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


def note_begun(context: MigrationContext, step: Any) -> None:
    """Write down that a revision, or taking it back, has begun.

    The row is committed with the first step of a directive, and goes when the revision
    ends.  So the next run knows what was left half done.
    """
    revision: Any = getattr(step, "revision", None)
    if not (is_logged(context, revision) and names_directive(revision)):
        return
    try:
        with compat.transaction_of_a_migration(context):
            state = state_of(context)
            if state.faults:
                return  # the row of its end is refused aloud
            write(context, state, row_of(context, step, (0.0, 0.0), (), begun=True))
        this_run(context).log = LogState(exists=True, has_reasons=True)
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
    """A revision that was begun, or begun to be taken back, and has not ended.

    Attributes:
        revision: its id.
        is_upgrade: which of the two.
        since: when it began at first.
    """

    revision: str
    is_upgrade: bool
    since: datetime

    @property
    def direction(self) -> str:
        """The word of Alembic's command."""
        return "upgrade" if self.is_upgrade else "downgrade"

    @property
    def words(self) -> str:
        """What has happened, and what goes on from there."""
        since = self.since.isoformat(sep=" ", timespec="seconds")
        other = "downgrade" if self.is_upgrade else "upgrade"
        return (
            f'the {self.direction} of revision "{self.revision}" began at {since} and '
            f"has not ended; run the {self.direction} again, or go back with {other}"
        )


def ask_once(context: MigrationContext) -> None:
    """Ask, at the first revision of a run, which were left half done."""
    if this_run(context).half_done is None:
        with compat.transaction_of_a_migration(context):
            left_half_done(context)


def left_half_done(context: MigrationContext) -> Sequence[HalfDone]:
    """Return the same, asked once in a run."""
    run = this_run(context)
    if run.half_done is None:
        run.half_done = half_done(context)
    return run.half_done


def half_done(context: MigrationContext) -> list[HalfDone]:
    """Return the revisions that have begun and not ended, the last begun first.

    A log that cannot be read, or trusted, says nothing.
    """
    if context.connection is None:
        return []
    database, table = Database(context.connection), table_of(context)
    rows: Sequence[Row] = []
    try:
        if is_readable(context, database):
            with _apart(context.connection):
                rows = database.rows(
                    "SELECT revision, direction, min(applied_at)"  # noqa: S608
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
        HalfDone(revision, direction == f"upgrade{BEGUN}", since)
        for revision, direction, since in rows
    ]


def _apart(connection: Connection) -> AbstractContextManager[Any]:
    """Keep a failure from spoiling the transaction, where there is one."""
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        return nullcontext()
    return connection.begin_nested()
