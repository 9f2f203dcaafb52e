"""What was applied when, how long it took, and what the file said then.

A row for each upgrade and downgrade of a revision that has a phase or uses a directive;
from the first such revision on, for all.  Services that share the table are told apart
by their version tables.  So it is known which file was edited after it
was applied, and how long a revision waited for locks.
https://www.postgresql.org/docs/current/sql-insert.html
"""

from __future__ import annotations

import ast
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt import compat
from alembic_zdt.catalog.database import Database
from alembic_zdt.errors import SettingError, UnsupportedAlembicError, ZdtError
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.phases import (
    Phase,
    directives_of,
    functions_of,
    names_directive,
    phase_of,
)
from alembic_zdt.qualified import qualified
from alembic_zdt.runner import driver_errors
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.this_run import this_run

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

log = logging.getLogger("alembic_zdt")


def note_applied(context: MigrationContext, step: Any, seconds: float) -> None:
    """Write down that a revision was applied, or taken back.

    A log that cannot be written is no reason to fail: the revision is done.

    Args:
        context: of the run.
        step: Alembic's.
        seconds: how long it took.
    """
    revision = getattr(step, "revision", None)
    connection = context.connection
    if connection is None or context.as_sql or revision is None:
        return
    if connection.dialect.name != "postgresql":
        return
    try:
        _note(context, step, seconds)
    except SettingError:  # whoever needs the settings says so
        return
    except UnsupportedAlembicError:
        raise  # the caller turns the log off
    except DBAPIError as error:
        if driver_errors.is_disconnect(error):  # what is not committed is lost
            raise explained(error, "write the log", settings_of(context)) from error
        log.warning("could not write the log of revisions: %s", error.orig)
    except (ZdtError, OSError, SyntaxError) as error:
        log.warning("could not write the log of revisions: %s", error)


def _note(context: MigrationContext, step: Any, seconds: float) -> None:
    run, is_wanted = this_run(context), is_of_interest(step.revision)
    queued, run.queued = run.queued, 0.0
    reasons, run.reasons = run.reasons, []
    if not is_wanted and run.has_log is False:
        return
    with compat.transaction_of_a_migration(context):
        if not is_wanted and not _has_log(context):
            return
        _write(context, _row(context, step, (seconds, queued), reasons))
        run.has_log = True


def _has_log(context: MigrationContext) -> bool:
    """Whether the table is there; a run asks once."""
    run, connection = this_run(context), context.connection
    if run.has_log is None and connection is not None:
        run.has_log = _exists(Database(connection), table_of(context))
    return bool(run.has_log)


def _write(context: MigrationContext, row: str) -> None:
    connection, table = context.connection, table_of(context)
    if connection is None:
        return
    database = Database(connection)
    with _savepoint(connection):
        for statement in _creating(database, table):
            database.execute(statement)
        database.execute(qualified(f"INSERT INTO {table.sql} {row}"))


def table_of(context: MigrationContext) -> QualifiedName:
    """The table of the log, beside the journal of backfills."""
    settings = settings_of(context)
    return QualifiedName(settings.log_table, settings.backfill_schema or None)


def edited(
    context: MigrationContext, script: ScriptDirectory, heads: tuple[str, ...]
) -> list[str]:
    """The applied revisions whose file is not what it was then.

    Args:
        context: of the run.
        script: the revisions.
        heads: where the database is.
    """
    if context.connection is None:
        return []
    database, table = Database(context.connection), table_of(context)
    if not _exists(database, table):
        return []
    rows = database.rows(
        "SELECT DISTINCT ON (revision) revision, direction, hash"  # noqa: S608
        f" FROM {table.sql} WHERE version_table = {_version_table(context)}"
        " ORDER BY revision, applied_at DESC"
    )
    then = {row[0]: row[2] for row in rows if row[1] == "upgrade"}
    applied = script.iterate_revisions(heads, "base") if heads else ()
    known = {revision.revision: revision for revision in applied}
    return [
        name
        for name, digest in sorted(then.items())
        if name in known and digest != digest_of(known[name])
    ]


def applied(context: MigrationContext) -> dict[str, Phase]:
    """The revisions that the log says are applied, with their phases then."""
    if context.connection is None:
        return {}
    database, table = Database(context.connection), table_of(context)
    if not _exists(database, table):
        return {}
    rows = database.rows(
        "SELECT DISTINCT ON (revision) revision, direction, phase"  # noqa: S608
        f" FROM {table.sql} WHERE version_table = {_version_table(context)}"
        " ORDER BY revision, applied_at DESC"
    )
    return {row[0]: Phase(row[2]) for row in rows if row[1] == "upgrade"}


def digest_of(revision: Script) -> str:
    """The same as long as it does the same: comments and the downgrade do not count."""
    text = repr([_shape(function) for function in functions_of(revision)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shape(node: Any) -> Any:
    """A piece of code as every version of Python sees it; what is empty is left out."""
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if name != "kind")
    shown = [(name, _shape(value)) for name, value in fields if value not in (None, [])]
    return [type(node).__name__, *shown]


def is_of_interest(revision: Script) -> bool:
    """Whether a revision has a phase, or calls a directive."""
    if getattr(revision.module, "zdt_phase", None) is not None:
        return True
    return names_directive(revision) and any(True for _ in directives_of(revision))


def _savepoint(connection: Connection) -> AbstractContextManager[Any]:
    """So that a failure does not spoil the transaction, where there is one."""
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        return nullcontext()
    return connection.begin_nested()


def _exists(database: Database, table: QualifiedName) -> bool:
    return database.holds(f"{table.regclass} IS NOT NULL")


def _creating(database: Database, table: QualifiedName) -> Iterator[str]:
    """What makes the table, or adds what an older version of ours did not have."""
    has_reasons = (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute"
        f" WHERE attrelid = {table.regclass} AND attname = 'assured')"
    )
    if _exists(database, table) and not database.holds(has_reasons):
        yield (
            f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS"
            " assured pg_catalog.text[] NOT NULL DEFAULT '{}'"
        )
    yield (
        f"CREATE TABLE IF NOT EXISTS {table.sql} ("
        "version_table pg_catalog.text NOT NULL, revision pg_catalog.text NOT NULL,"
        " direction pg_catalog.text NOT NULL, phase pg_catalog.text NOT NULL,"
        " applied_at pg_catalog.timestamptz NOT NULL"
        " DEFAULT pg_catalog.clock_timestamp(),"
        " seconds pg_catalog.float8 NOT NULL,"
        " lock_wait_seconds pg_catalog.float8 NOT NULL,"
        " hash pg_catalog.text NOT NULL, assured pg_catalog.text[] NOT NULL,"
        " PRIMARY KEY (version_table, revision, applied_at))"
    )


def _version_table(context: MigrationContext) -> str:
    """Whose revisions these are, as an expression: with the schema it is really in."""
    name = QualifiedName(context.version_table, context.version_table_schema)
    return (
        "coalesce((SELECT pg_catalog.format('%s.%s', n.nspname, c.relname)"  # noqa: S608
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.oid = {name.regclass}), {literal(name.words)})"
    )


def _row(
    context: MigrationContext,
    step: Any,
    durations: tuple[float, float],
    reasons: Sequence[str],
) -> str:
    """What stands behind ``INSERT INTO <table>``."""
    revision, (seconds, queued) = step.revision, durations
    direction = "upgrade" if step.is_upgrade else "downgrade"
    words = (revision.revision, direction, phase_of(revision).value)
    values = ", ".join(literal(word) for word in words)
    assured = ", ".join(map(literal, reasons))
    return (
        "(version_table, revision, direction, phase, seconds, lock_wait_seconds, hash,"
        f" assured) VALUES ({_version_table(context)}, {values}, {seconds:.3f},"
        f" {queued:.3f}, {literal(digest_of(revision))}, ARRAY[{assured}]::text[])"
    )
