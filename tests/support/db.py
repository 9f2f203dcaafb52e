"""A database for a test: ``Db`` runs plain SQL in one schema."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.support.catalog import Snapshot, snapshot
from tests.support.waiting import wait_until
from tools.postgres import Server

NOT_OF_THE_APPLICATION = (
    "alembic_version",
    "alembic_zdt_backfill",
    "alembic_zdt_backfill_slice",
    "alembic_zdt_revision",
    "alembic_zdt_step",
)


def quoted(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Index:
    """One index as pg_index has it."""

    name: str
    table: str
    is_valid: bool
    is_ready: bool
    is_unique: bool
    is_primary: bool
    definition: str


class Db:
    """An autocommit connection to the test's database and schema.

    Args:
        server: the run's server.
        database: the worker's database.
        schema: the test's schema.
        connection: one whose search_path is the schema; a new one by default.
    """

    def __init__(
        self,
        server: Server,
        database: str,
        schema: str,
        connection: psycopg.Connection[tuple[Any, ...]] | None = None,
    ) -> None:
        self.server = server
        self.database = database
        self.schema = schema
        self.connection = connection or self._connect()

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            self.server.dsn(self.database),
            autocommit=True,
            options=f"-c search_path={self.schema}",
            application_name="zdt-test",
            connect_timeout=10,
        )

    def url(self, driver: str | None = "psycopg") -> str:
        """Return SQLAlchemy's URL; the database's search_path is the test's schema."""
        return self.server.dsn(self.database, driver)

    @property
    def pid(self) -> int:
        """Backend process id of this connection."""
        return self.connection.info.backend_pid

    # -- statements

    def execute(self, statement: str, *parameters: Any) -> int:
        """Run one statement, or several without parameters; return the row count."""
        cursor = self.connection.execute(statement.encode(), parameters or None)
        return cursor.rowcount

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows."""
        cursor = self.connection.execute(query.encode(), parameters or None)
        return cursor.fetchall()

    def row(self, query: str, *parameters: Any) -> tuple[Any, ...]:
        """Return the only row."""
        (found,) = self.rows(query, *parameters)
        return found

    def value(self, query: str, *parameters: Any) -> Any:
        """Return the only column of the only row."""
        (found,) = self.row(query, *parameters)
        return found

    def is_true(self, query: str, *parameters: Any) -> bool:
        """Say whether the only column of the only row is true."""
        return self.value(query, *parameters) is True

    def column(self, query: str, *parameters: Any) -> list[Any]:
        """Return the only column of all rows."""
        return [found for (found,) in self.rows(query, *parameters)]

    # -- claims

    def accepts(self, statement: str, *parameters: Any) -> bool:
        """Say that the statement works, and leave no trace of it.

        Raises:
            AssertionError: it failed; the server's words are in the message.
        """
        try:
            self._and_roll_back(statement, parameters)
        except psycopg.Error as error:
            msg = f"{statement!r} was refused: {error.sqlstate} {error}"
            raise AssertionError(msg) from error
        return True

    def refuses(self, statement: str, sqlstate: str, *parameters: Any) -> bool:
        """Say that the statement fails with this SQLSTATE.

        Raises:
            AssertionError: it worked, or failed for another reason.
        """
        try:
            self._and_roll_back(statement, parameters)
        except psycopg.Error as error:
            if error.sqlstate == sqlstate:
                return True
            msg = f"{statement!r} was refused with {error.sqlstate}: {error}"
            raise AssertionError(msg) from error
        msg = f"{statement!r} was accepted"
        raise AssertionError(msg)

    def _and_roll_back(self, statement: str, parameters: tuple[Any, ...]) -> None:
        with self.connection.transaction():
            self.execute(statement, *parameters)
            # Constraints that are checked at commit must speak up now.
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise psycopg.Rollback

    def wait_until(
        self, condition: str, *parameters: Any, timeout: float = 10.0
    ) -> None:
        """Return when the query ``SELECT <condition>`` says true."""
        query = f"SELECT coalesce(({condition})::bool, false)"
        wait_until(lambda: self.value(query, *parameters), condition, timeout=timeout)

    # -- other sessions

    @contextlib.contextmanager
    def session(self) -> Iterator[Db]:
        """Yield a second session, in autocommit until it executes BEGIN."""
        other = Db(self.server, self.database, self.schema)
        try:
            yield other
        finally:
            other.close()

    @contextlib.contextmanager
    def holding(self, statement: str, *parameters: Any) -> Iterator[Db]:
        """Yield a session whose open transaction has run this statement.

        The transaction, and with it every lock, ends with the block (or with the
        session's own COMMIT or ROLLBACK).
        """
        with self.session() as other:
            other.execute("BEGIN")
            other.execute(statement, *parameters)
            yield other
            # The server ends a closed session a moment later.
            with contextlib.suppress(psycopg.Error):  # it may have been ended
                other.connection.rollback()

    @contextlib.contextmanager
    def background(self, statement: str, *parameters: Any) -> Iterator[Job]:
        """Yield a statement that runs in a session of its own while the block runs."""
        with self.session() as other:
            job = Job(self, other, statement, parameters)
            job.start()
            try:
                yield job
            finally:
                job.stop()

    # -- the catalog

    def catalog(
        self,
        schema: str | None = None,
        *,
        ignore: tuple[str, ...] = NOT_OF_THE_APPLICATION,
    ) -> Snapshot:
        """Return everything in the schema in a form that compares with ``==``.

        Tables named in ``ignore``, and what belongs to them, are left out.
        """
        wanted = schema or self.schema
        with self.connection.transaction():
            self.connection.execute(
                sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(wanted))
            )
            return snapshot(self.connection, wanted, ignore)

    def index(self, name: str, schema: str | None = None) -> Index:
        """Return the index of this name.

        Raises:
            LookupError: there is none.
        """
        found = self.rows(INDEX, schema or self.schema, name)
        if not found:
            msg = f'no index "{name}" in schema "{schema or self.schema}"'
            raise LookupError(msg)
        return Index(*found[0])

    def indexes(self, table: str | None = None) -> list[str]:
        """Return the sorted names of all indexes, or of one table's."""
        return self.column(
            "SELECT indexname FROM pg_indexes WHERE schemaname = %s"
            " AND (%s::text IS NULL OR tablename = %s) ORDER BY 1",
            self.schema,
            table,
            table,
        )

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns in their order."""
        return self.column(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            quoted(table),
        )

    def exists(self, relation: str) -> bool:
        """Say whether the schema has a table, view, index or sequence of this name."""
        return self.is_true("SELECT to_regclass(%s) IS NOT NULL", quoted(relation))

    def is_validated(self, constraint: str) -> bool:
        """Return ``convalidated`` of the only constraint of this name."""
        return self.is_true(
            "SELECT convalidated FROM pg_constraint WHERE conname = %s"
            " AND connamespace = %s::regnamespace",
            constraint,
            self.schema,
        )

    def checksums(self) -> dict[str, str]:
        """Return a checksum of the rows of every table of the application here."""
        tables = self.column(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace"
            " AND relkind IN ('r', 'p') AND relname <> ALL (%s)",
            self.schema,
            list(NOT_OF_THE_APPLICATION),
        )
        content = "md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), ''))"
        return {
            table: self.value(f"SELECT {content} FROM {quoted(table)} t")
            for table in tables
        }

    def locks(
        self, pid: int, relation: str | None = None
    ) -> set[tuple[str, str, bool]]:
        """Return (relation, lock mode, granted) of a session's table locks here."""
        found = self.rows(LOCKS, pid, self.schema)
        return {row for row in found if relation in (None, row[0])}

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self.connection.close()


class Job:
    """A statement that runs in another session and another thread."""

    def __init__(
        self, watcher: Db, session: Db, statement: str, parameters: tuple[Any, ...]
    ) -> None:
        self._watcher = watcher
        self._session = session
        self._error: psycopg.Error | None = None
        self.pid = session.pid
        self._thread = threading.Thread(
            target=self._run, args=(statement, parameters), daemon=True
        )

    def _run(self, statement: str, parameters: tuple[Any, ...]) -> None:
        try:
            self._session.execute(statement, *parameters)
        except psycopg.Error as error:
            self._error = error

    def start(self) -> None:
        """Send the statement."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the statement has not ended yet."""
        return self._thread.is_alive()

    def wait_until_blocked(self, timeout: float = 10.0) -> None:
        """Return when the statement waits for a lock."""

        def is_blocked() -> bool:
            assert self.is_running, f"it ended without waiting: {self._error}"
            return self._watcher.is_true(
                "SELECT coalesce((SELECT wait_event_type = 'Lock'"
                " FROM pg_stat_activity WHERE pid = %s), false)",
                self.pid,
            )

        wait_until(is_blocked, "the statement waits for a lock", timeout=timeout)

    def result(self, timeout: float = 30.0) -> None:
        """Wait for the end; raise what the statement raised."""
        self._thread.join(timeout)
        assert not self.is_running, f"still running after {timeout}s"
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the statement if it still runs."""
        if self.is_running:
            self._watcher.execute("SELECT pg_terminate_backend(%s)", self.pid)
            self._thread.join(30)


INDEX = """
SELECT i.relname, t.relname, x.indisvalid, x.indisready, x.indisunique, x.indisprimary,
       pg_get_indexdef(i.oid)
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
WHERE i.relnamespace = %s::regnamespace AND i.relname = %s
"""

LOCKS = """
SELECT c.relname, l.mode, l.granted
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation
WHERE l.locktype = 'relation' AND l.pid = %s AND c.relnamespace = %s::regnamespace
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
