"""Functions for a job engine, which works on queued backfills piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from alembic_zdt.backfill import journal as states
from alembic_zdt.backfill.journal import Journal, Place, Record
from alembic_zdt.backfill.revision_calls import (
    Configuration,
    RevisionCalls,
    calls_of,
)
from alembic_zdt.backfill.slices import Slices
from alembic_zdt.backfill.triggers import begin, resolved
from alembic_zdt.backfill.worker import Worker
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError
from alembic_zdt.names import QualifiedName
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: TID251  # for typing only

WORKABLE = (states.QUEUED, states.RUNNING)


@dataclass(frozen=True)
class SliceResult:
    """The progress of a backfill after a piece of work.

    Attributes:
        name: the name of the backfill.
        status: the state: queued, running, paused, finished, failed or cancelled.
        rows_done: the number of rows that all processes have done so far.
    """

    name: str
    status: str
    rows_done: int

    @property
    def more(self) -> bool:
        """Check whether to schedule another piece of work."""
        return self.status in {*WORKABLE, states.PAUSED}


def run_slice(
    engine: Engine,
    name: str,
    *,
    max_seconds: float = 30.0,
    table: str = "alembic_zdt_backfill",
    schema: str | None = None,
    config: Configuration = "alembic.ini",
) -> SliceResult:
    """Work on a backfill for a while.

    Any number of processes may call it at the same time.  If a process dies, another
    process takes its slice.

    Args:
        engine: an engine of SQLAlchemy; the call uses one of its connections.
        name: the name of the backfill, as ``alembic-zdt backfill status`` shows it.
        max_seconds: return after this time, but not before one batch is done.  The
            proof at the end, one query that reads the whole table, may take longer.
        table: the journal, if the setting ``backfill_table`` names another one.
        schema: the schema of the journal; default: by search_path.
        config: an Alembic ``Config``, or the path of its ini file.  The call is read
            from the revision file.  env.py is not run: where it sets
            ``version_locations``, pass a Config that has them.

    Returns:
        The state of the backfill; if ``more`` is true, call the function again.  It
        returns at once while the backfill is paused, or while other processes have all
        slices that are left: so wait between two calls.

    Raises:
        UsageError: the ini file does not exist, or it has no ``script_location``.
        UndefinedObjectError: there is no such backfill.
        RevisionError: no revision file starts the backfill, or its call there has
            other arguments than the journal.
        ForeignOwnerError: another role owns the journal, or may write it.
        ZdtError: the backfill has failed, and the journal holds the reason; or it
            cannot begin, or the connection is lost, and its status stays.

    Example::

        import time

        from alembic_zdt.backfill import run_slice

        while run_slice(engine, "users.email_lower", max_seconds=20).more:
            time.sleep(1)

    https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE
    """
    calls = calls_of(config)
    with engine.connect() as connection:
        place = Place(QualifiedName(table, schema))
        return _work(connection, place, name, max_seconds, calls)


async def run_slice_async(
    engine: AsyncEngine,
    name: str,
    *,
    max_seconds: float = 30.0,
    table: str = "alembic_zdt_backfill",
    schema: str | None = None,
    config: Configuration = "alembic.ini",
) -> SliceResult:
    """Run a slice as :func:`run_slice` does, without blocking the event loop."""
    calls = calls_of(config)
    async with engine.connect() as connection:
        place = Place(QualifiedName(table, schema))
        return await connection.run_sync(_work, place, name, max_seconds, calls)


def unfinished(
    engine: Engine, *, table: str = "alembic_zdt_backfill", schema: str | None = None
) -> tuple[str, ...]:
    """Return the names of the backfills for :func:`run_slice`, the oldest first.

    Args:
        engine: an engine of SQLAlchemy.
        table: the journal, if the setting ``backfill_table`` names another one.
        schema: the schema of the journal; default: by search_path.

    Returns:
        The names of backfills that are queued or running, without those that are
        paused or have failed.

    Example::

        for name in unfinished(engine):
            run_slice(engine, name, max_seconds=20)
    """
    with engine.connect() as connection:
        return _unfinished(connection, Place(QualifiedName(table, schema)))


async def unfinished_async(
    engine: AsyncEngine,
    *,
    table: str = "alembic_zdt_backfill",
    schema: str | None = None,
) -> tuple[str, ...]:
    """Return the names that :func:`unfinished` returns, for an async engine."""
    async with engine.connect() as connection:
        place = Place(QualifiedName(table, schema))
        return await connection.run_sync(_unfinished, place)


def _unfinished(connection: Connection, place: Place) -> tuple[str, ...]:
    journal = Journal(Database(connection), place)
    records = journal.records() if journal.exists else []
    return tuple(record.name for record in records if record.status in WORKABLE)


def _work(
    connection: Connection,
    place: Place,
    name: str,
    seconds: float,
    calls: RevisionCalls,
) -> SliceResult:
    autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
    database = Database(autocommit)
    record = existing(Journal(database, place), name)
    if record.status in WORKABLE:
        record = calls.confirmed(record, database)
    # A job engine owns its stderr: it gets log lines only.  env.py, which is not run,
    # may keep queries from being shown.
    settings = replace(calls.settings, progress="log", show_queries=False)
    work_on(database, place, record, settings, seconds)
    return result(database, place, name)


def existing(journal: Journal, name: str) -> Record:
    """Return the backfill of that name.

    Raises:
        UndefinedObjectError: there is none.
    """
    record = journal.find(name) if journal.exists else None
    if record is not None:
        return record
    known = [found.name for found in journal.records()] if journal.exists else []
    raise UndefinedObjectError(
        f'there is no backfill "{name}"',
        detail=f"Known backfills: {', '.join(known) or 'none'}.",
        hint="Correct the name; alembic-zdt backfill status shows all names.",
        name=name,
    )


def work_on(
    database: Database,
    place: Place,
    record: Record,
    settings: Settings,
    seconds: float | None = None,
) -> bool:
    """Work on a queued or running backfill, and return whether it is still open."""
    journal = Journal(database, place)
    if record.status == states.QUEUED:
        journal.set_status(record.name, states.RUNNING)
    elif record.status != states.RUNNING:
        return record.is_open
    record = replace(record, definition=resolved(record.definition, settings))
    begin(database, record.name, record.definition)
    worker = Worker(database, place, record, settings, seconds=seconds, stays=False)
    return worker.run()


def result(database: Database, place: Place, name: str) -> SliceResult:
    """Return the status and the progress of a backfill."""
    status = Journal(database, place).status(name)
    return SliceResult(name, status, Slices(database, place).rows_done(name))
