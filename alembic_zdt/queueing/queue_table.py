"""The table of queued calls, next to ``alembic_version``.

A row is one call of a directive.  A worker leases the row and runs the call of the
revision file, never the text of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import own_tables
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.queueing.later import Later
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

QUEUED, RUNNING, PAUSED = "queued", "running", "paused"
FINISHED, FAILED, CANCELLED = "finished", "failed", "cancelled"
WITHDRAWN = "withdrawn"
"""The status of a call whose object a later call has dropped or made again."""

_COLUMNS = """
  name pg_catalog.text PRIMARY KEY,
  revision pg_catalog.text,
  is_downgrade boolean NOT NULL DEFAULT false,
  call pg_catalog.text NOT NULL,
  subject pg_catalog.text NOT NULL,
  object pg_catalog.text NOT NULL,
  time_window pg_catalog.text NOT NULL,
  is_approved boolean NOT NULL,
  status pg_catalog.text NOT NULL DEFAULT 'queued' CHECK
    (status OPERATOR(pg_catalog.=) ANY
    ('{queued,running,paused,finished,failed,cancelled,withdrawn}')),
  waiting pg_catalog.text,
  error pg_catalog.text,
  worker pg_catalog.text,
  worker_pid int,
  leased_at pg_catalog.timestamptz,
  cleans_up boolean NOT NULL DEFAULT false,
  rests_until pg_catalog.timestamptz,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  started_at pg_catalog.timestamptz,
  finished_at pg_catalog.timestamptz
"""
_REST, _HIDDEN = "interval '1 minute'", "interval '1 day'"
# Another session may have got the pid later: it has begun after the lease, or after a
# restart of the server.  A session of another role hides when it has begun, and counts
# for a day.  The session of a suspended worker is idle.
_IS_ITS_SESSION = (
    "a.pid = {0}.worker_pid AND a.datname = pg_catalog.current_database()"
    " AND {0}.leased_at >= pg_catalog.pg_postmaster_start_time()"
    " AND coalesce(a.backend_start <= {0}.leased_at,"
    f" {{0}}.leased_at > pg_catalog.clock_timestamp() - {_HIDDEN})"
)
IS_HELD = (
    "(EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
    f" WHERE {_IS_ITS_SESSION}"
    " AND coalesce(a.state = 'active' OR a.state_change >"
    f" pg_catalog.clock_timestamp() - {_REST}, true)))"
)
"""SQL that is true if a worker has the row of this alias."""

_READ = (
    "SELECT q.name, q.revision, q.is_downgrade, q.call, q.subject, q.object,"
    " q.time_window, q.is_approved, q.status, q.waiting, q.error, q.worker,"
    f" q.worker_pid, coalesce({IS_HELD.format('q')}, false),"
    " q.created_at::text, q.started_at::text, q.finished_at::text, q.cleans_up,"
    " coalesce(q.rests_until > pg_catalog.clock_timestamp(), false)"
)


@dataclass(frozen=True)
class QueuedCall:
    """A row of the queue.  Times are the server's, as text.

    Attributes:
        name: the name of the queued call.
        revision: the revision that queued it, None for a script.
        is_downgrade: whether the downgrade of that revision queued it.
        call: the call as a revision without a queue writes it.
        subject: the table that it works on.
        object: the object that it makes, changes or drops.
        window: the hours at which it may begin, empty for any time.
        is_approved: whether it may begin.
        status: the status, as the row has it.
        waiting: why the worker that looked last did not begin it.
        error: why it failed.
        worker: the worker that began it.
        worker_pid: the pid of the worker's session.
        is_held: whether that worker still has it.
        created_at: when it was queued.
        started_at: when a worker first began it.
        finished_at: when it was finished.
        cleans_up: whether its worker undoes what is half done.
        is_resting: whether it could not begin a moment ago.
    """

    name: str
    revision: str | None
    is_downgrade: bool
    call: str
    subject: str
    object: str
    window: str
    is_approved: bool
    status: str
    waiting: str | None
    error: str | None
    worker: str | None
    worker_pid: int | None
    is_held: bool
    created_at: str
    started_at: str | None
    finished_at: str | None
    cleans_up: bool
    is_resting: bool

    @property
    def is_waiting_for_a_worker(self) -> bool:
        """Check whether a worker may take it, as far as its row tells."""
        is_free = self.status == QUEUED or (self.status == RUNNING and not self.is_held)
        return is_free and self.is_approved and not self.is_resting


def queue_of(
    database: Database, settings: Settings, context: MigrationContext | None = None
) -> Queue:
    """Return the queue of a project."""
    return Queue(database, table_of(settings, context))


def table_of(settings: Settings, context: MigrationContext | None = None) -> OwnTable:
    """Return the table of the queue of a project."""
    name = QualifiedName(settings.queue_table, settings.backfill_schema or None)
    version_table = None
    if context is not None:
        version_table = QualifiedName(
            context.version_table, context.version_table_schema
        )
    return OwnTable(name, _COLUMNS, " WITH (fillfactor = 50)", version_table)


def queueing(table: OwnTable, row: NewRow) -> list[str]:
    """Return the statements that create the queue, and queue a call."""
    values = ", ".join(row.values())
    names = (
        "name, revision, is_downgrade, call, subject, object, time_window, is_approved"
    )
    keeping = ", ".join(f"{name} = EXCLUDED.{name}" for name in names.split(", "))
    adding = (
        f"INSERT INTO {table.name.sql} AS q ({names}) VALUES ({values})"
        f" ON CONFLICT (name) DO UPDATE SET {keeping}, status = 'queued',"
        " waiting = NULL, error = NULL, worker = NULL, worker_pid = NULL,"
        " leased_at = NULL, cleans_up = false, rests_until = NULL,"
        " started_at = NULL, finished_at = NULL,"
        " created_at = EXCLUDED.created_at"
        f" WHERE coalesce({IS_HELD.format('q')}, false) = false"
        f" AND NOT ({_IS_UNCHANGED})"
    )
    return [table.create(), qualified(adding)]


# A revision that is run again must not undo an approval, a pause or a cancellation.
_IS_UNCHANGED = (
    f"q.status NOT IN ('{FINISHED}', '{WITHDRAWN}') AND q.call = EXCLUDED.call"
    " AND q.time_window = EXCLUDED.time_window"
    " AND q.is_downgrade = EXCLUDED.is_downgrade"
    " AND coalesce(q.revision, '') = coalesce(EXCLUDED.revision, '')"
)


@dataclass(frozen=True)
class NewRow:
    """A call to be queued; ``subject`` is SQL for the name of its table."""

    name: str
    revision: str | None
    is_downgrade: bool
    call: str
    subject: str
    object: str
    later: Later

    def values(self) -> tuple[str, ...]:
        """Return SQL for the values of the row."""
        return (
            literal(self.name),
            "NULL" if self.revision is None else literal(self.revision),
            str(self.is_downgrade).lower(),
            literal(self.call),
            self.subject,
            literal(self.object),
            literal(self.later.window),
            str(not self.later.approve).lower(),
        )


class Queue:
    """The queue in a database.

    Args:
        database: a connection in autocommit mode.
        table: the table.
    """

    def __init__(self, database: Database, table: OwnTable) -> None:
        self.database = database
        self.table = table
        self.name = table.name.sql

    @property
    def exists(self) -> bool:
        """Check whether the table exists, which the first queued call creates.

        Raises:
            ForeignOwnerError: another role owns the table, or may write it.
        """
        if not self.database.holds(self.table.exists):
            return False
        own_tables.refuse(self.database, [self.table])
        return True

    def add(self, row: NewRow) -> None:
        """Queue a call, in place of an earlier one of that name."""
        if not self.exists:
            self._create()
        for statement in queueing(self.table, row)[1:]:
            self.database.execute(statement)

    def _create(self) -> None:
        try:
            self.database.execute(self.table.create())
        except DBAPIError as error:
            # Another session, even of another role, may create it meanwhile.
            created = (driver_errors.UNIQUE_VIOLATION, driver_errors.DUPLICATE_TABLE)
            if driver_errors.diagnostics(error).sqlstate not in created:
                raise
            own_tables.refuse(self.database, [self.table])

    def calls(self, condition: str = "true") -> list[QueuedCall]:
        """Return the calls that fulfil an SQL condition, the oldest first."""
        rows = self.database.rows(
            f"{_READ} FROM {self.name} q WHERE {condition}"
            " ORDER BY q.created_at, q.name"
        )
        return [QueuedCall(*row) for row in rows]

    def find(self, name: str) -> QueuedCall | None:
        """Return the call of that name, None if there is none."""
        found = self.calls(f"q.name = {literal(name)}")
        return found[0] if found else None

    def existing(self, name: str) -> QueuedCall:
        """Return the call of that name.

        Raises:
            UndefinedObjectError: there is none.
        """
        known = self.calls() if self.exists else []
        for call in known:
            if call.name == name:
                return call
        raise UndefinedObjectError(
            f'there is no queued call "{name}"',
            detail=f"Known: {', '.join(call.name for call in known) or 'none'}.",
            hint="Correct the name; alembic-zdt queue status shows all names.",
            name=name,
        )

    def change(self, name: str, changes: str, condition: str) -> bool:
        """Change a row that fulfils a condition, and return whether there was one.

        Args:
            name: the name of the call.
            changes: the assignments, as SQL.
            condition: an SQL condition on the alias ``q``.
        """
        found = self.database.value(
            f"UPDATE {self.name} q SET {changes} WHERE q.name = {literal(name)}"
            f" AND {condition} RETURNING true"
        )
        return found is True

    def forget(self, condition: str) -> None:
        """Delete the rows that fulfil an SQL condition on the alias ``q``."""
        self.database.execute(qualified(f"DELETE FROM {self.name} q WHERE {condition}"))

    def stop(self, call: QueuedCall) -> bool:
        """Cancel the statement of the worker that has a call.

        A worker that cleans up is left alone.

        Returns:
            Whether a statement ran, which the cancel ends if it still runs.
        """
        found = self.database.value(
            f"SELECT pg_catalog.pg_cancel_backend(q.worker_pid) FROM {self.name} q"
            f" WHERE q.name = {literal(call.name)} AND NOT q.cleans_up"
            " AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
            f" WHERE {_IS_ITS_SESSION.format('q')} AND a.state = 'active'"
            # Not while the worker notes how the call has ended.
            f" AND pg_catalog.strpos(a.query, {literal(self.name)}) = 0)"
        )
        return found is True
