"""The default of a twin, which PostgreSQL computes on temporary tables.

``ALTER COLUMN ... TYPE`` casts a default itself, if the cast is an assignment cast.  If
the caller gives an expression for the new values, a constant default is converted by
it, too.  A default that is not constant, such as ``now()``, is cast.
https://www.postgresql.org/docs/current/ddl-default.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database

_PROBE = "pg_temp.zdt_default"
_FOUND = (
    "SELECT pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef"
    " WHERE adrelid = pg_catalog.to_regclass('pg_temp.zdt_default')"
)


class Default:
    """A default, with the old and the new type of its column.

    Args:
        database: a connection in a transaction that will be rolled back.
        written: the expression of the default.
        column: the column, quoted.
        old: the old type, as it is written in a cast.
        new: the new type.
    """

    def __init__(
        self, database: Database, written: str, column: str, old: str, new: str
    ) -> None:
        self._database = database
        self._written, self._column = written, column
        self._old, self._new = old, new

    def converted(self, using: str) -> str:
        """Return the default for the new type.

        Args:
            using: the expression that makes the new values, empty for a cast.

        Raises:
            DBAPIError: the server cannot convert the default.
        """
        constant = self._constant(using or self._column)
        if constant is not None and (using or not self._is_assignable()):
            return constant
        return self._assigned()

    def _is_assignable(self) -> bool:
        try:
            with self._savepoint():
                self._assigned()
        except DBAPIError as error:
            if driver_errors.ends_run(error):
                raise
            return False
        return True

    def _assigned(self) -> str:
        """Return the default after ALTER COLUMN TYPE."""
        declared = f"{self._column} {self._old} DEFAULT {self._written}"
        alter = f"ALTER TABLE {_PROBE} ALTER COLUMN {self._column} TYPE {self._new}"
        self._database.execute(f"CREATE TEMPORARY TABLE zdt_default ({declared})")
        self._database.execute(f"{alter} USING CAST(NULL AS {self._new})")
        found = self._database.value(_FOUND)
        self._database.execute(f"DROP TABLE {_PROBE}")
        return str(found)

    def _constant(self, expression: str) -> str | None:
        """Return the default converted by *expression*, None if it is not constant."""
        generated = f"GENERATED ALWAYS AS ({self._written}) STORED"
        row = f"SELECT CAST({self._written} AS {self._old}) AS {self._column}"
        value = f"CAST(CAST({expression} AS {self._new}) AS pg_catalog.text)"
        text = f"pg_catalog.quote_nullable({value})"
        # A driver caches a prepared statement, in which the server stores values of a
        # type. That type may have changed by the next call, so each statement is
        # unique.
        asked = f"SELECT {text} FROM ({row}) x /* {uuid.uuid4()} */"  # noqa: S608  # the caller's own
        try:
            with self._savepoint():
                self._database.execute(
                    f"CREATE TEMPORARY TABLE zdt_default (x {self._old} {generated})"
                )
                self._database.execute(f"DROP TABLE {_PROBE}")
                found = self._database.value(asked, as_written=True)
        except DBAPIError as error:
            if driver_errors.ends_run(error):
                raise
            return None
        return f"{found}::{self._new}"

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        self._database.execute("SAVEPOINT zdt_default")
        try:
            yield
        except DBAPIError:
            if not self._database.connection.invalidated:
                self._database.execute("ROLLBACK TO SAVEPOINT zdt_default")
            raise
        self._database.execute("RELEASE SAVEPOINT zdt_default")
