"""A driver without a server: it keeps what is sent, and finds no row.

So a revision runs as it would online, whatever it uses: operations, ``op.get_bind()``,
sessions, inspectors, cursors.  Counts are 0, and nothing exists.
https://peps.python.org/pep-0249/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

Sent = Callable[[str], None]

_ROWS = re.compile(r"\s*(?:SELECT|WITH|SHOW|VALUES|TABLE|EXPLAIN)\b", re.IGNORECASE)
_RETURNING = re.compile(r"\bRETURNING\b(?P<columns>.*)\Z", re.IGNORECASE | re.DOTALL)
_INSERT = re.compile(r"\s*INSERT\b", re.IGNORECASE)
_COUNT = re.compile(r"\s*SELECT\s+count\s*\(", re.IGNORECASE)
_EXISTS = re.compile(r"\s*SELECT\s+(?:NOT\s+)?EXISTS\b", re.IGNORECASE)
_VERSION_NUMBER = re.compile(r"server_version_num", re.IGNORECASE)
_VERSION = re.compile(r"\bversion\s*\(|SHOW\s+server_version\s*$", re.IGNORECASE)


class FakeConnection:
    """What the DBAPI calls a connection.

    Attributes:
        autocommit: whether there are no transactions.
        transaction: counts them.
    """

    def __init__(self, sent: Sent, version: int) -> None:
        self.sent, self.version = sent, version
        self.autocommit = False
        self.transaction = 1
        self.notices: list[str] = []

    def cursor(self, *_arguments: Any, **_options: Any) -> _Cursor:
        """A new one; they do not differ."""
        return _Cursor(self)

    def execute(self, statement: Any, _parameters: Any = None) -> _Cursor:
        """As psycopg's connection has it."""
        return self.cursor().execute(statement)

    def commit(self) -> None:
        """What follows is in another transaction."""
        self.transaction += 1

    def rollback(self) -> None:
        """What follows is in another transaction."""
        self.transaction += 1

    def close(self) -> None:
        """Nothing is held."""


class _Cursor:
    """Finds nothing, and counts nothing."""

    arraysize = 1
    lastrowid = None

    def __init__(self, connection: FakeConnection) -> None:
        self.connection = connection
        self.description: Sequence[Any] | None = None
        self.rowcount = 0
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: Any, _parameters: Any = None) -> _Cursor:
        text = statement if isinstance(statement, str) else str(statement)
        self._rows = _answer(text, self.connection.version)
        gives_rows = _ROWS.match(text) or _RETURNING.search(text)
        width = len(self._rows[0]) if self._rows else 1
        self.description = None
        if gives_rows:
            self.named([f"column_{number}" for number in range(width)])
        self.connection.sent(text)
        return self

    def named(self, names: Sequence[str]) -> None:
        """Let the columns, none of which has a row, have these names."""
        self.description = [(name, *[None] * 6) for name in names]

    def executemany(self, statement: Any, _parameters: Any = None) -> _Cursor:
        return self.execute(statement)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, _size: int | None = None) -> list[tuple[Any, ...]]:
        return self.fetchall()

    def fetchall(self) -> list[tuple[Any, ...]]:
        found, self._rows = self._rows, []
        return found

    def close(self) -> None:
        """Nothing is held."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _answer(text: str, version: int) -> list[tuple[Any, ...]]:
    """The rows of an empty database."""
    if _COUNT.match(text):
        return [(0,)]
    if _EXISTS.match(text):
        return [("NOT" in text[:20].upper(),)]
    if _VERSION_NUMBER.search(text):
        return [(str(version),)]
    if _VERSION.search(text):
        return [(f"PostgreSQL {version // 10000}.{version % 10000}",)]
    returning = _RETURNING.search(text) if _INSERT.match(text) else None
    if returning is not None:  # the ORM needs the key of a row that it has added
        return [tuple(range(1, returning["columns"].count(",") + 2))]
    return []


class _Dialect(PGDialect):
    """PostgreSQL's, of no driver; it asks the server nothing."""

    driver = "zdt"
    supports_statement_cache = True
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False
    default_paramstyle = "pyformat"
    use_insertmanyvalues = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return SimpleNamespace(
            Error=Exception, paramstyle="pyformat", apilevel="2.0", threadsafety=1
        )

    def do_execute(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        cursor.execute(statement, parameters)
        columns = getattr(getattr(context, "compiled", None), "_result_columns", ())
        if columns and cursor.description is not None:
            cursor.named([column.keyname for column in columns])

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "READ COMMITTED"

    def get_isolation_level_values(self, dbapi_connection: Any) -> Any:  # noqa: ARG002
        return (
            "SERIALIZABLE",
            "READ UNCOMMITTED",
            "READ COMMITTED",
            "REPEATABLE READ",
            "AUTOCOMMIT",
        )

    def do_ping(self, dbapi_connection: Any) -> bool:  # noqa: ARG002
        return True


def recording_engine(sent: Sent, version: int) -> tuple[Engine, FakeConnection]:
    """An engine whose statements come to *sent*, and its only connection.

    Args:
        sent: called with each statement.
        version: that the server would have, as ``server_version_num``.
    """
    raw = FakeConnection(sent, version)
    make: Any = _Dialect
    dialect = make(dbapi=_Dialect.import_dbapi())
    dialect.server_version_info = (version // 10000, version % 10000)
    dialect.default_schema_name = "public"
    dialect.default_isolation_level = "READ COMMITTED"
    connect: Any = lambda: raw  # noqa: E731  # the pool wants the type of a DBAPI
    pool = StaticPool(connect, dialect=dialect)
    return Engine(pool, dialect, make_url("postgresql://recorded")), raw
