"""Keep the state of each backfill in two tables next to ``alembic_version``.

One table has a row for each backfill.  The other has a row for each *slice*, a part of
one table, with its progress, its worker and the end of the lease.  A batch moves the
cursor of its slice in its own transaction, so that nothing is lost or done twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog import own_tables
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified

QUEUED, RUNNING, PAUSED = "queued", "running", "paused"
FINISHED, FAILED, CANCELLED = "finished", "failed", "cancelled"

# While a backfill runs, the column "error" has what it waits for.
_WAITING = "waiting: "
_BACKFILLS = """
  name pg_catalog.text PRIMARY KEY,
  revision pg_catalog.text,
  definition pg_catalog.json NOT NULL,  -- not jsonb, which would sort the columns
  fingerprint pg_catalog.text NOT NULL,
  status pg_catalog.text NOT NULL CHECK (status OPERATOR(pg_catalog.=) ANY
    ('{queued,running,paused,finished,failed,cancelled}')),
  round int NOT NULL DEFAULT 0,
  error pg_catalog.text,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  started_at pg_catalog.timestamptz,
  updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at pg_catalog.timestamptz
"""
_SLICES = """
  backfill pg_catalog.text NOT NULL REFERENCES {backfills} ON DELETE CASCADE,
  number int NOT NULL,
  round int NOT NULL,
  kind pg_catalog.text NOT NULL CHECK
    (kind OPERATOR(pg_catalog.=) ANY ('{pages,keys,proof}')),
  relation pg_catalog.oid NOT NULL,
  first_page bigint NOT NULL DEFAULT 0,
  last_page bigint NOT NULL DEFAULT 0,
  cursor pg_catalog.jsonb,
  rows_done bigint NOT NULL DEFAULT 0,
  is_done boolean NOT NULL DEFAULT false,
  worker pg_catalog.text,
  worker_pid int,
  leased_until pg_catalog.timestamptz,
  PRIMARY KEY (backfill, number)
"""


@dataclass(frozen=True)
class Place:
    """The tables that store the backfill journal.

    Attributes:
        backfills: the table with a row for each backfill.
        version_table: Alembic's version table, if it is known; its owner may own the
            journal.
    """

    backfills: QualifiedName
    version_table: QualifiedName | None = None

    @property
    def slices(self) -> QualifiedName:
        """Return the table with a row for each slice."""
        return self.backfills.sibling(f"{self.backfills.name}_slice")

    @property
    def tables(self) -> tuple[OwnTable, OwnTable]:
        """Return both tables, in the order in which they are created."""
        # Not by format(), which would read braces in a name.
        columns = _SLICES.replace("{backfills}", self.backfills.sql)
        storage = " WITH (fillfactor = 50)"
        return (
            OwnTable(self.backfills, _BACKFILLS, subject=self.version_table),
            OwnTable(self.slices, columns, storage, self.version_table),
        )


@dataclass(frozen=True)
class Record:
    """A backfill, read from its row of the journal.

    Times are the server's, as text.  ``seconds`` is the time from its start to its end,
    or until now.
    """

    name: str
    revision: str | None
    definition: Definition
    fingerprint: str
    status: str
    round: int
    error: str | None
    created_at: str
    started_at: str | None
    updated_at: str
    finished_at: str | None
    seconds: float

    @property
    def waiting(self) -> str | None:
        """Return what holds the running backfill back, None if nothing does."""
        is_note = self.status == RUNNING and (self.error or "").startswith(_WAITING)
        return (self.error or "").removeprefix(_WAITING) if is_note else None

    @property
    def is_open(self) -> bool:
        """Check whether the backfill is neither finished nor cancelled."""
        return self.status not in (FINISHED, CANCELLED)


_CREATED_MEANWHILE = (driver_errors.UNIQUE_VIOLATION, driver_errors.DUPLICATE_TABLE)
_COLUMNS = (
    "name, revision, definition::text, fingerprint, status, round, error,"
    " created_at::text, started_at::text, updated_at::text, finished_at::text,"
    " coalesce(extract(epoch FROM coalesce(finished_at, pg_catalog.clock_timestamp())"
    " - started_at), 0)"
)


def creating(place: Place) -> list[str]:
    """Return the statements that create the tables, or refuse other roles' tables."""
    return [table.create() for table in place.tables]


class Journal:
    """The two tables of the journal.

    Args:
        database: a connection in autocommit mode.
        place: the place of the two tables.
    """

    def __init__(self, database: Database, place: Place) -> None:
        self.database = database
        self.place = place
        self._backfills = place.backfills.sql

    # ------------------------------------------------------------------ the tables

    @property
    def exists(self) -> bool:
        """Check whether the tables exist, which the first backfill creates.

        Raises:
            ForeignOwnerError: another role owns the tables, or may write them.
        """
        if not self.database.holds(self.place.tables[-1].exists):
            return False
        own_tables.refuse(self.database, self.place.tables)
        return True

    def create(self) -> None:
        """Create the tables, unless they exist."""
        if self.exists:
            return
        for table in self.place.tables:
            own_tables.refuse(self.database, [table])
            try:
                self.database.execute(table.create())
            except DBAPIError as error:
                # Another session, even of another role, may create it meanwhile.
                if driver_errors.diagnostics(error).sqlstate not in _CREATED_MEANWHILE:
                    raise
                own_tables.refuse(self.database, [table])

    # ------------------------------------------------------------------- backfills

    def find(self, name: str) -> Record | None:
        """Return the backfill of that name, None if there is none."""
        found = self.records(f"name = {literal(name)}")
        return found[0] if found else None

    def records(self, condition: str = "true") -> list[Record]:
        """Return the backfills that fulfil an SQL condition, the oldest first."""
        rows = self.database.rows(
            f"SELECT {_COLUMNS} FROM {self._backfills} WHERE {condition}"
            " ORDER BY created_at, name"
        )
        return [_record(row) for row in rows]

    def begin(
        self,
        name: str,
        revision: str | None,
        definition: Definition,
        fingerprint: str,
        status: str,
    ) -> None:
        """Insert a new backfill, in place of an earlier one of that name."""
        values = ", ".join(
            "NULL" if value is None else literal(value)
            for value in (
                name,
                revision,
                definition.as_json(),
                fingerprint,
                status,
            )
        )
        columns = "name, revision, definition, fingerprint, status"
        with transaction(self.database):
            self.database.execute(self._deleting(name))
            self.database.execute(
                f"INSERT INTO {self._backfills} ({columns}) VALUES ({values})"
            )

    def forget(self, name: str) -> None:
        """Delete a backfill; its workers stop as if the backfill was cancelled."""
        self.database.execute(self._deleting(name))

    def _deleting(self, name: str) -> str:
        return qualified(f"DELETE FROM {self._backfills} WHERE name = {literal(name)}")

    def set_pace(self, name: str, definition: Definition) -> None:
        """Store the newest pace, pauses and throttles of the revision."""
        self._update(name, f"definition = {literal(definition.as_json())}")

    def set_status(
        self,
        name: str,
        status: str,
        error: str | None = None,
        *,
        fingerprint: str | None = None,
    ) -> bool:
        """Change the status of a backfill, and return whether it was open."""
        changes = f"status = {literal(status)}, error = "
        changes += "NULL" if error is None else literal(error)
        if status == RUNNING:
            changes += ", started_at = coalesce(started_at, now())"
        if status == FINISHED:
            changes += ", finished_at = now()"
        return self._update(name, changes, fingerprint)

    def note_waiting(self, name: str, reason: str, fingerprint: str) -> None:
        """Store what holds a running backfill back, empty if it goes on.

        Args:
            name: the name of the backfill.
            reason: the reason of the wait.
            fingerprint: the fingerprint of the worker's definition.
        """
        note = literal(f"{_WAITING}{reason}") if reason else "NULL"
        self.database.execute(
            qualified(
                f"UPDATE {self._backfills} SET error = {note}, updated_at = now()"
                f" WHERE {_that(name, fingerprint)} AND status = {literal(RUNNING)}"
            )
        )

    def status(self, name: str, fingerprint: str | None = None) -> str:
        """Return the status, ``cancelled`` if there is no such backfill any more."""
        found = self.database.value(
            f"SELECT status FROM {self._backfills} WHERE {_that(name, fingerprint)}"
        )
        return str(found or CANCELLED)

    def _update(self, name: str, changes: str, fingerprint: str | None = None) -> bool:
        found = self.database.value(
            f"UPDATE {self._backfills} SET {changes}, updated_at = now()"
            f" WHERE {_that(name, fingerprint)}"
            " AND status NOT IN ('finished', 'cancelled') RETURNING true"
        )
        return found is True


def _that(name: str, fingerprint: str | None) -> str:
    """Return SQL that is true for the backfill of this name and fingerprint."""
    if fingerprint is None:
        return f"name = {literal(name)}"
    return f"name = {literal(name)} AND fingerprint = {literal(fingerprint)}"


def _record(row: Sequence[Any]) -> Record:
    name, revision, definition, *rest = row
    found: Mapping[str, Any] = json.loads(definition)
    rest[-1] = float(rest[-1])
    return Record(name, revision, Definition.from_json(found), *rest)


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    """Run the body in a transaction, on a connection in autocommit mode."""
    database.execute("BEGIN")
    try:
        yield
    except BaseException:
        if not database.connection.invalidated:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
