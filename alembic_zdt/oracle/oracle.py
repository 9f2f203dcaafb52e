"""Questions to a database about its tables, which leave no trace.

Questions are asked in a savepoint that is rolled back, or in a transaction if none is
open.  A short ``lock_timeout`` limits their waits.  The answer is None if the server
gives none.  Only temporary tables are created.
https://www.postgresql.org/docs/current/sql-savepoint.html
"""

from __future__ import annotations

import itertools
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, TwoPhaseTransaction
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.savepoint import send_all
from alembic_zdt.connection.session import runs_alone
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.oracle.effect import Effect, effect_of
from alembic_zdt.oracle.size import Size, size_of
from alembic_zdt.runner.explanations import run_ended
from alembic_zdt.settings import milliseconds
from alembic_zdt.steps import Row

Answer = TypeVar("Answer")

log = logging.getLogger("alembic_zdt")

_SAVEPOINT = "zdt_oracle"
_LASTS = 1.0
"""Seconds for which a size is valid, because other sessions may add rows."""

# A failed question leaves its prepared statement, so each one has a new name.
_count = itertools.count()


class Oracle:
    """Queries over one connection, with None if the server does not answer.

    Args:
        connection: a connection to PostgreSQL, in a transaction or in autocommit mode.
        patience: the longest time that a query may wait for a lock.
        small: number of rows up to which only the size of a table is asked.
        is_of_the_run: whether the revisions run over this connection.

    Attributes:
        connection: the argument.
        patience: the argument.
        answered: number of answered questions.
        is_asking: whether a question is being asked.
    """

    def __init__(
        self,
        connection: Connection,
        patience: timedelta,
        small: int = -1,
        *,
        is_of_the_run: bool = False,
    ) -> None:
        self.connection, self.patience = connection, patience
        self.answered, self.is_asking = 0, False
        self._small = small
        self._is_of_the_run = is_of_the_run
        self._sizes: dict[QualifiedName, Size | None] = {}
        self._oids: dict[QualifiedName, int] = {}
        self._answers: dict[Any, Any] = {}
        self._waits_forever: bool | None = None
        self._since = time.monotonic()
        self._is_held = False
        self._back: list[str] = []

    @property
    def database_name(self) -> str:
        """Return the name of the database, empty if it is unknown."""
        return str(self.connection.engine.url.database or "")

    @property
    def is_of_the_run(self) -> bool:
        """Check whether the revisions run over this connection."""
        return self._is_of_the_run

    def really(self, table: QualifiedName) -> QualifiedName:
        """Return the table in the schema to which a ``schema_translate_map`` leads."""
        schemas = self.connection.get_execution_options().get("schema_translate_map")
        schema = (schemas or {}).get(table.schema, table.schema)
        return replace(table, schema=schema)

    def forget(self, *, kept: bool = False) -> None:
        """Clear the known answers, because a statement may have changed them.

        Args:
            kept: keep the answers about sizes, oids and settings, unless they are old.
        """
        self._answers.clear()
        if kept and time.monotonic() - self._since < _LASTS:
            return
        self._since = time.monotonic()
        self._sizes.clear()
        self._oids.clear()
        self._waits_forever = None

    def oid(self, table: QualifiedName) -> int:
        """Return the oid of the relation with this name, 0 if it is unknown."""
        if table not in self._oids:
            name = self.really(table).regclass
            question = f"SELECT coalesce({name}::oid::int8, 0)"
            found = self.ask(lambda database: int(database.value(question)))
            self._oids[table] = found or 0
        return self._oids[table]

    def oids(self, tables: Sequence[QualifiedName]) -> set[int]:
        """Return the oids of the relations that exist, with one question."""
        names = [f"({each.regclass}::oid::int8)" for each in tables]
        if not names:
            return set()
        values = f"(VALUES {', '.join(names)}) made (oid)"
        question = f"SELECT oid FROM {values} WHERE oid IS NOT NULL"
        found = self.ask(lambda database: [row[0] for row in database.rows(question)])
        return set(found or ())

    def size(self, table: QualifiedName) -> Size | None:
        """Return the size of a table, None if it is unknown or there is no table."""
        if table not in self._sizes:
            found = self.ask(lambda database: size_of(database, self.really(table)))
            self._sizes[table] = found
        return self._sizes[table]

    def waits_forever(self) -> bool | None:
        """Check whether the run has no ``lock_timeout``, None if it runs elsewhere."""
        if not self._is_of_the_run:
            return None
        if self._waits_forever is None:
            # Not bounded: the question must see the run's setting, not its own.
            setting = "pg_catalog.current_setting('lock_timeout') = '0'"
            self._waits_forever = self.ask(lambda db: db.holds(setting), bounded=False)
        return self._waits_forever

    def is_small(self, table: QualifiedName) -> bool:
        """Check whether the table is so small that no operation on it matters."""
        if self._small < 0:
            return False
        size = self.size(table)
        return size is not None and size.rows <= self._small

    def has_no_null(self, table: QualifiedName, column: str) -> bool | None:
        """Check whether NOT NULL or valid constraints prove that no row has a NULL."""
        if self.is_small(table):
            return None
        table = self.really(table)

        def find(database: Database) -> bool | None:
            # PostgreSQL 18 can have NOT NULL constraints that are not validated.
            declared = database.value(
                "SELECT a.attnotnull AND NOT EXISTS (SELECT FROM"
                " pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid"
                " AND k.contype = 'n' AND NOT k.convalidated"
                " AND k.conkey = ARRAY[a.attnum]) FROM pg_catalog.pg_attribute a"
                f" WHERE a.attrelid = {table.regclass}"
                f" AND a.attname = {literal(column)} AND NOT a.attisdropped"
            )
            if declared is not False:
                return True if declared else None
            return _proves(database, table, f"{quote(column)} IS NULL")

        return self.ask(find, leaves_nothing=False)

    def changed_rows(self, table: QualifiedName, statement: str) -> int | None:
        """Return how many rows a statement would change, as the planner estimates.

        Args:
            table: the table that the statement changes.
            statement: a single statement, which is not run.
        """
        if self.is_small(table):
            return None

        def find(database: Database) -> int | None:
            (plan,) = _plan(database, statement)
            found = plan[0] if isinstance(plan[0], list) else json.loads(plan[0])
            return _changed(found[0]["Plan"])

        return self.ask(find, leaves_nothing=False)

    def effect(self, table: QualifiedName, action: str) -> Effect | None:
        """Return the work of ``ALTER TABLE <table> <action>``, apart from its lock."""
        if self.is_small(table):
            return None
        if isinstance(self.connection.get_transaction(), TwoPhaseTransaction):
            return None  # it cannot be prepared after a use of a temporary table
        real = self.really(table)
        return self.ask(
            lambda database: effect_of(database, real, action), leaves_nothing=False
        )

    def answer(
        self, question: Callable[..., Answer | None], *arguments: Any
    ) -> Answer | None:
        """Return the answer to a question, which is asked once until :meth:`forget`."""
        real = [
            self.really(each) if isinstance(each, QualifiedName) else each
            for each in arguments
        ]
        key = (question, repr(real))
        if key not in self._answers:
            self._answers[key] = self.ask(lambda database: question(database, *real))
        else:
            self.answered += self._answers[key] is not None
        found: Answer | None = self._answers[key]
        return found

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Ask all questions of the body in one savepoint, which begins with the first.

        They only read the catalog, so no rollback is needed between two of them.
        """
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            try:
                self._end()
            except DBAPIError as error:
                self._unanswered(error)

    def ask(
        self,
        question: Callable[[Database], Answer | None],
        *,
        bounded: bool = True,
        leaves_nothing: bool = True,
    ) -> Answer | None:
        """Return the answer to a question, None if the server gives none.

        Args:
            question: a function that gets the database and returns the answer.
            bounded: whether ``self.patience`` limits how long it waits for locks.
            leaves_nothing: whether the question has nothing to roll back.

        Raises:
            ConnectionLostError: the connection is lost.
            StatementTimeoutError: another session has cancelled the question.
        """
        try:
            with self._rolled_back(bounded, keep=bounded and leaves_nothing) as asked:
                found = question(asked)
        except DBAPIError as error:
            self._unanswered(error)
            return None
        self.answered += found is not None
        return found

    def _unanswered(self, error: DBAPIError) -> None:
        """Log that the server gives no answer, or end the run."""
        if driver_errors.ends_run(error):
            raise run_ended(error, "look at a revision") from error
        log.debug("the database did not answer a query of the checks: %s", error.orig)

    @contextmanager
    def _rolled_back(self, bounded: bool, *, keep: bool) -> Iterator[Database]:
        """Roll back all that the body does, or let :meth:`at_once` do it later."""
        if not bounded:
            self._end()
        self.is_asking, is_done = True, False
        try:
            self._begin(bounded)
            yield Database(self.connection)
            is_done = True
        finally:
            self.is_asking = False
            if not (self._is_held and keep and is_done):
                self._end()

    def _begin(self, bounded: bool) -> None:
        """Begin the transaction to roll back later, unless it has begun already."""
        if self._back:
            return
        begin, end = _around(self.connection)
        if bounded:
            bound = milliseconds(self.patience)
            begin.append(f"SET LOCAL lock_timeout = '{bound}ms'")
        send_all(self.connection, begin)
        self._back = end

    def _end(self) -> None:
        """Roll back the changes of the queries."""
        end, self._back = self._back, []
        if self.connection.invalidated:
            return
        self.is_asking = True
        try:
            if end:
                send_all(self.connection, end)
        finally:
            self.is_asking = False


def _around(connection: Connection) -> tuple[list[str], list[str]]:
    if runs_alone(connection):
        return ["BEGIN"], ["ROLLBACK"]
    back = f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}"
    return [f"SAVEPOINT {_SAVEPOINT}"], [back, f"RELEASE SAVEPOINT {_SAVEPOINT}"]


def _plan(database: Database, statement: str) -> Sequence[Row]:
    """Return the plan of a statement, a generic one if it has parameters."""
    numbers = {int(number) for number in re.findall(r"\$(\d+)", statement)}
    if not numbers:
        return database.rows(f"EXPLAIN (FORMAT JSON) {statement}", as_written=True)
    # A driver that prepares each statement cannot send EXPLAIN (GENERIC_PLAN).
    name = f"zdt_changed_{next(_count)}"
    database.execute(f"PREPARE {name} AS {statement}")
    database.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    nothing = ", ".join("NULL" for _ in range(max(numbers)))
    found = database.rows(f"EXPLAIN (FORMAT JSON) EXECUTE {name} ({nothing})")
    database.execute(f"DEALLOCATE {name}")
    return found


def _changed(node: dict[str, Any]) -> int | None:
    """Return the number of rows that the plan expects to change."""
    if node["Node Type"] == "ModifyTable":
        plans = node.get("Plans", ())  # also those of WITH
        own = [part for part in plans if part.get("Parent Relationship") == "Outer"]
        return sum(int(part["Plan Rows"]) for part in own)
    found = (_changed(part) for part in node.get("Plans", ()))
    return next((rows for rows in found if rows is not None), None)


def _proves(database: Database, table: QualifiedName, condition: str) -> bool:
    """Ask the planner whether valid constraints exclude rows with the condition."""
    database.execute("SET LOCAL constraint_exclusion = on")
    plan = database.rows(
        f"EXPLAIN (COSTS OFF) SELECT 1 FROM {table.sql} WHERE {condition}",
        as_written=True,
    )
    return any("One-Time Filter: false" in row[0] for row in plan)
