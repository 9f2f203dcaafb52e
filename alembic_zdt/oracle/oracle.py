"""Questions to a database about its tables, which leave no trace.

Each question is asked in a savepoint that is rolled back, or in a transaction if none
is open.  A short ``lock_timeout`` limits its waits.  The answer is None if the server
gives none.  Only temporary tables are created.
https://www.postgresql.org/docs/current/sql-savepoint.html
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, TwoPhaseTransaction
from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.session import runs_alone
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.oracle.effect import Effect, effect_of
from alembic_zdt.oracle.size import Size, size_of
from alembic_zdt.runner import driver_errors
from alembic_zdt.runner.explanations import connection_lost
from alembic_zdt.settings import milliseconds
from alembic_zdt.steps import Row

Answer = TypeVar("Answer")

log = logging.getLogger("alembic_zdt")

_SAVEPOINT = "zdt_oracle"

# A failed question leaves its prepared statement, so each one has a new name.
_count = itertools.count()


class Oracle:
    """Questions over one connection, with None for what the server does not answer.

    Args:
        connection: to a server of PostgreSQL, in a transaction or in autocommit mode.
        patience: how long a question may wait for a lock.
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
        self.connection = connection
        self.patience = patience
        self.answered = 0
        self.is_asking = False
        self._small = small
        self._is_of_the_run = is_of_the_run
        self._sizes: dict[QualifiedName, Size | None] = {}
        self._oids: dict[QualifiedName, int] = {}

    @property
    def is_of_the_run(self) -> bool:
        """Check whether the revisions run over this connection."""
        return self._is_of_the_run

    def really(self, table: QualifiedName) -> QualifiedName:
        """Return the table in the schema to which a ``schema_translate_map`` leads."""
        schemas = self.connection.get_execution_options().get("schema_translate_map")
        schema = (schemas or {}).get(table.schema, table.schema)
        return replace(table, schema=schema)

    def forget(self) -> None:
        """Clear the known sizes and oids, because a statement may have changed them."""
        self._sizes.clear()
        self._oids.clear()

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
        """Check whether the run has no ``lock_timeout``, None on another connection."""
        if not self._is_of_the_run:
            return None
        # Not bounded: the question must see the run's setting, not its own.
        setting = "pg_catalog.current_setting('lock_timeout') = '0'"
        return self.ask(lambda database: database.holds(setting), bounded=False)

    def is_small(self, table: QualifiedName) -> bool:
        """Check whether the table has so few rows that only its size is asked."""
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

        return self.ask(find)

    def changed_rows(self, table: QualifiedName, statement: str) -> int | None:
        """Return the rows that an UPDATE, DELETE or INSERT would change, as planned.

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

        return self.ask(find)

    def effect(self, table: QualifiedName, action: str) -> Effect | None:
        """Return the work of ``ALTER TABLE <table> <action>``, apart from its lock."""
        if self.is_small(table):
            return None
        if isinstance(self.connection.get_transaction(), TwoPhaseTransaction):
            return None  # it cannot be prepared after a use of a temporary table
        real = self.really(table)
        return self.ask(lambda database: effect_of(database, real, action))

    def ask(
        self, question: Callable[[Database], Answer | None], *, bounded: bool = True
    ) -> Answer | None:
        """Return the answer to a question, None if the server gives none.

        Args:
            question: gets the database and returns the answer.
            bounded: whether *patience* limits how long it waits for locks.

        Raises:
            ConnectionLostError: the connection is lost.
        """
        self.is_asking = True
        try:
            with self._rolled_back() as database:
                if bounded:
                    bound = milliseconds(self.patience)
                    database.execute(f"SET LOCAL lock_timeout = '{bound}ms'")
                found = question(database)
        except DBAPIError as error:
            if driver_errors.is_disconnect(error):
                raise connection_lost(error, "look at a revision") from error
            log.debug("a question was not answered: %s", error.orig)
            return None
        finally:
            self.is_asking = False
        self.answered += found is not None
        return found

    @contextmanager
    def _rolled_back(self) -> Iterator[Database]:
        """Roll back all that the body does."""
        database = Database(self.connection)
        begin, end = _around(self.connection)
        for statement in begin:
            database.execute(statement)
        try:
            yield database
        finally:
            if not self.connection.invalidated:
                for statement in end:
                    database.execute(statement)


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
    """Return the planned rows of the node that changes them."""
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
