"""The log of revisions: what was applied when, how long it took, and its digest.

Each upgrade and downgrade of a revision with a phase or a directive gets a row; from
the first such revision on, all do.  Services that share the table are told apart by
their version tables.
https://www.postgresql.org/docs/current/sql-insert.html
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.savepoint import send_apart
from alembic_zdt.errors import (
    ConnectionLostError,
    LockNotAvailableError,
    SettingError,
    UnsupportedAlembicError,
    ZdtError,
)
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.phases import directives_of, names_directive, phase_of
from alembic_zdt.qualified import qualified
from alembic_zdt.revision_digest import digest_of
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.run_state import LogState, run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    from alembic_zdt.catalog.own_tables import OwnTable

log = logging.getLogger("alembic_zdt")

_COLUMNS = (
    "version_table pg_catalog.text NOT NULL, revision pg_catalog.text NOT NULL,"
    " direction pg_catalog.text NOT NULL, phase pg_catalog.text NOT NULL,"
    " applied_at pg_catalog.timestamptz NOT NULL"
    " DEFAULT pg_catalog.clock_timestamp(),"
    " seconds pg_catalog.float8 NOT NULL,"
    " lock_wait_seconds pg_catalog.float8 NOT NULL,"
    " hash pg_catalog.text NOT NULL, assured pg_catalog.text[] NOT NULL,"
    " down_revisions pg_catalog.text[],"
    " PRIMARY KEY (version_table, revision, applied_at)"
)

LATER = {
    "assured": "pg_catalog.text[] NOT NULL DEFAULT '{}'",
    "down_revisions": "pg_catalog.text[]",
}
"""Columns that the log of an older version lacks."""

BEGUN = " begun"
"""Suffix of the direction in the row of a revision that has not ended yet."""


def refuse_foreign(context: MigrationContext, step: Any) -> None:
    """Refuse a revision if other roles own or may write the table of the log.

    A revision with neither a phase nor a directive is run, but gets no row.

    Raises:
        ForeignOwnerError: another role owns the table or may write it.
    """
    revision: Any = getattr(step, "revision", None)
    if not (is_logged(context, revision) and is_of_interest(revision)):
        return
    try:
        with contexts.transaction_of_a_migration(context):
            state = state_of(context)
    except SettingError:  # the code that needs the settings reports it
        return
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise explained(error, "read the log", settings_of(context)) from error
        return
    if state.faults:
        raise _refused(state)


def is_logged(context: MigrationContext, revision: Any) -> bool:
    """Check whether a run writes the log of a revision."""
    connection = context.connection
    if connection is None or context.as_sql or revision is None:
        return False
    return connection.dialect.name == "postgresql"


def state_of(context: MigrationContext) -> LogState:
    """Return the state of the table, which is read once in a run."""
    run = run_state(context)
    if run.log is None:
        database = Database(connection_of(context))
        run.log = _looked(database, context)
    return run.log


def exists(context: MigrationContext) -> bool:
    """Check whether the table of the log exists."""
    database = Database(connection_of(context))
    return database.holds(f"{table_of(context).regclass} IS NOT NULL")


def read(revisions: Sequence[Script], *, is_there: bool) -> None:
    """Read revision files before a transaction is open, if rows will be written.

    Args:
        revisions: the revisions that a run will apply or reverse.
        is_there: whether the table exists.

    Raises:
        UsageError: a phase is unknown.
    """
    if is_there or any(map(is_of_interest, revisions)):
        importlib.import_module("alembic_zdt.runner.table_creation")
        for revision in revisions:
            phase_of(revision)
            digest_of(revision)


def _looked(database: Database, context: MigrationContext) -> LogState:
    name = table_of(context).regclass
    exists, columns = database.rows(
        f"SELECT {name} IS NOT NULL, ARRAY(SELECT attname::pg_catalog.text"  # noqa: S608
        f" FROM pg_catalog.pg_attribute WHERE attrelid = {name})"
    )[0]
    if not exists:
        return LogState(exists)
    from alembic_zdt.catalog import own_tables  # noqa: PLC0415  # most runs have none

    faults = own_tables.faults(database, [own_table(context)])
    return LogState(exists, [name for name in LATER if name not in columns], faults)


def _refused(state: LogState) -> ZdtError:
    from alembic_zdt.catalog import own_tables  # noqa: PLC0415  # as above

    return own_tables.refused(state.faults[0])


def note_applied(context: MigrationContext, step: Any, seconds: float) -> None:
    """Log that a revision was applied or reversed.

    A failure to write the log is only a warning, because the revision is done.

    Args:
        context: the migration context of the run.
        step: Alembic's step.
        seconds: the seconds that it took.
    """
    revision: Any = getattr(step, "revision", None)
    if not is_logged(context, revision):
        return
    try:
        _note(context, step, seconds)
    except SettingError:  # the code that needs the settings reports it
        return
    except (ConnectionLostError, LockNotAvailableError, UnsupportedAlembicError):
        raise  # for the last, the caller turns the log off
    except DBAPIError as error:
        if driver_errors.ends_run(error):  # the transaction is lost
            raise explained(error, "write the log", settings_of(context)) from error
        log.warning("could not write the log of revisions: %s", error.orig)
    except (ZdtError, OSError, SyntaxError) as error:
        log.warning("could not write the log of revisions: %s", error)


def _note(context: MigrationContext, step: Any, seconds: float) -> None:
    run, is_wanted = run_state(context), is_of_interest(step.revision)
    queued, reasons = run.queued, run.reasons
    run.queued, run.reasons = 0.0, []
    if not is_wanted and run.log is not None and not run.log.exists:
        return
    with contexts.transaction_of_a_migration(context):
        state = state_of(context)
        if state.faults:
            raise _refused(state)
        if not (is_wanted or state.exists):
            return
        row = row_of(context, step, (seconds, queued), reasons)
        was_begun = state.exists and (is_wanted or run.half_done)
        write(context, state, row, [forgetting(context, step)] if was_begun else ())
    run.log = LogState(exists=True)


def write(
    context: MigrationContext, state: LogState, row: str, more: Sequence[str] = ()
) -> None:
    """Insert a row into the log, which is created or completed first.

    Args:
        context: the migration context of the run.
        state: the state of the log.
        row: the SQL after the name of the table.
        more: statements that are sent with it.

    Raises:
        LockNotAvailableError: another session holds the table or its name.
    """
    from alembic_zdt.runner.table_creation import bounded  # noqa: PLC0415  # as above

    table, connection = own_table(context), connection_of(context)
    creating = list(_creating(state, table))
    insert = qualified(f"INSERT INTO {table.name.sql} {row}")
    settings = settings_of(context)
    with bounded(connection, table, settings) if creating else nullcontext():
        send_apart(connection, [*creating, insert, *more])


def forgetting(context: MigrationContext, step: Any) -> str:
    """Return the statement that deletes the row of a revision that has ended."""
    return qualified(
        f"DELETE FROM {table_of(context).sql}"  # noqa: S608
        f" WHERE version_table = {version_table(context)}"
        f" AND revision = {literal(step.revision.revision)}"
        f" AND direction LIKE '%{BEGUN}'"
    )


def connection_of(context: MigrationContext) -> Connection:
    """Return the connection of a run, which must not be offline."""
    if context.connection is None:
        raise RuntimeError(context)
    return context.connection


def own_table(context: MigrationContext) -> OwnTable:
    """Return the table of the log, which may belong to the version table's owner."""
    from alembic_zdt.catalog.own_tables import OwnTable  # noqa: PLC0415  # as above

    version_table = QualifiedName(context.version_table, context.version_table_schema)
    return OwnTable(table_of(context), _COLUMNS, subject=version_table)


def table_of(context: MigrationContext) -> QualifiedName:
    """Return the table of the log, in the schema of the journal of backfills."""
    settings = settings_of(context)
    return QualifiedName(settings.log_table, settings.backfill_schema or None)


def applied(context: MigrationContext, *columns: str) -> dict[str, Sequence[Any]]:
    """Return columns of the log for each applied revision, if the log exists.

    Args:
        context: the migration context of the run.
        columns: the names of the columns; the value is None for a column that an older
            log lacks.
    """
    if context.connection is None:
        return {}
    database, table = Database(context.connection), table_of(context)
    if not is_readable(context, database):
        return {}
    lacks = _looked(database, context).lacks
    asked = ", ".join("NULL" if name in lacks else name for name in columns)
    rows = database.rows(
        f"SELECT DISTINCT ON (revision) revision, direction, {asked}"  # noqa: S608
        f" FROM {table.sql} WHERE version_table = {version_table(context)}"
        f" AND direction NOT LIKE '%{BEGUN}' ORDER BY revision, applied_at DESC"
    )
    return {row[0]: row[2:] for row in rows if row[1] == "upgrade"}


def is_of_interest(revision: Script) -> bool:
    """Check whether a revision has a phase or calls a directive."""
    if getattr(revision.module, "zdt_phase", None) is not None:
        return True
    return names_directive(revision) and any(True for _ in directives_of(revision))


def is_readable(context: MigrationContext, database: Database) -> bool:
    """Check whether the table of the log exists and may be read.

    Args:
        context: the migration context of the run.
        database: the connection of the run.

    Raises:
        ForeignOwnerError: another role owns it, or may write it.
    """
    state = _looked(database, context)
    if state.faults:
        raise _refused(state)
    return state.exists


def _creating(state: LogState, table: OwnTable) -> Iterator[str]:
    """Yield the statement that makes the table, or adds a column to an older one."""
    if not state.exists:
        yield table.create()
    for column in state.lacks:
        yield f"ALTER TABLE {table.name.sql} ADD COLUMN {column} {LATER[column]}"


def version_table(context: MigrationContext) -> str:
    """Return the version table with its real schema, as an SQL expression.

    Args:
        context: the migration context of the run.
    """
    name = QualifiedName(context.version_table, context.version_table_schema)
    return (
        "coalesce((SELECT pg_catalog.format('%s.%s', n.nspname, c.relname)"  # noqa: S608
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.oid = {name.regclass}), {literal(name.label)})"
    )


def row_of(
    context: MigrationContext,
    step: Any,
    durations: tuple[float, float],
    reasons: Sequence[str],
    *,
    begun: bool = False,
) -> str:
    """Return the columns and values for ``INSERT INTO <table>``."""
    revision, (seconds, queued) = step.revision, durations
    direction = "upgrade" if step.is_upgrade else "downgrade"
    direction += BEGUN if begun else ""
    words = (revision.revision, direction, phase_of(revision).value)
    values = ", ".join(literal(word) for word in words)
    assured, below = (
        _list(each) for each in (reasons, sorted(contexts.below(revision)))
    )
    return (
        "(version_table, revision, direction, phase, seconds, lock_wait_seconds, hash,"
        f" assured, down_revisions) VALUES ({version_table(context)}, {values},"
        f" {seconds:.3f}, {queued:.3f}, {literal(digest_of(revision))}, {assured},"
        f" {below})"
    )


def _list(texts: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, texts))}]::text[]"
