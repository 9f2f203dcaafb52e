"""A driver without a server, which keeps the statements and finds no row.

So a revision runs as it would online, whatever it uses: operations, ``op.get_bind()``,
sessions, inspectors, cursors.  Counts are 0, and nothing exists.
https://peps.python.org/pep-0249/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

from alembic_zdt.recording.catalog_queries import CatalogQueries
from alembic_zdt.recording.empty_answers import answer, gives_rows
from alembic_zdt.recording.made_catalog import MadeCatalog
from alembic_zdt.recording.made_tables import MadeObjects
from alembic_zdt.recording.made_up_rows import names_of, row_of, value_of

_MOST_EQUAL = 300
"""How often a revision gets the same answer to a statement that it repeats.

After that the answer changes, because a loop may wait for a different one.
"""
_OTHERS: tuple[list[tuple[Any, ...]], ...] = ([(0,)], [(1,)], [], [(None,)], [(True,)])

_NAMED = re.compile(r"%\(([^()]*+)\)s")
_PLACEHOLDER = re.compile(r"%(?:(?:\([^()]*+\))?[sbt]|%)")


class FakeConnection:
    """A connection of the DBAPI, without a server.

    Attributes:
        sent: a function that is called with each statement.
        autocommit: whether statements run outside of transactions.
        number: the number of the current transaction.
        queries: the part that answers queries of the catalog.
        wants_row: a function that checks whether a query without rows gets a made-up
            row.
        is_new: whether it is being made, so that it takes any call: an application may
            listen for each new connection, and call methods of its driver.
    """

    def __init__(self, version: int, made: MadeObjects) -> None:
        self.is_new = True
        self.queries = CatalogQueries(made)
        self.sent: Callable[[str], None] = lambda _text: None
        self.version = version
        self.autocommit = False
        self.number = 1
        self.notices: list[str] = []
        self.added = 0
        self.repeated: Counter[str] = Counter()
        self.wants_row: Callable[[], bool] = lambda: False

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Return a function without effect while SQLAlchemy sets up the connection."""
        if name.startswith("_") or not self.is_new:
            raise AttributeError(f"a connection without a server has no {name!r}")
        return lambda *_arguments, **_options: None

    def begin_revision(self) -> None:
        """Forget the state in which the last revision has left the connection."""
        self.autocommit = False
        self.repeated.clear()

    def answer(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, which change after many repetitions."""
        self.repeated[text] += 1
        times = self.repeated[text]
        if times > _MOST_EQUAL and gives_rows(text):
            return list(_OTHERS[times % len(_OTHERS)])
        self.added += 1
        return answer(text, self.version, self.added)

    def cursor(self, *_arguments: Any, **_options: Any) -> _Cursor:
        """Return a new cursor, which ignores all options."""
        return _Cursor(self)

    def execute(self, statement: Any, parameters: Any = None) -> _Cursor:
        """Execute a statement, as psycopg's connection does."""
        return self.cursor().execute(statement, parameters)

    @contextmanager
    def transaction(self, *_arguments: Any, **_options: Any) -> Iterator[None]:
        """Run the body in a savepoint, as psycopg does within a transaction."""
        yield

    def commit(self) -> None:
        """Begin another transaction."""
        self.number += 1

    def rollback(self) -> None:
        """Begin another transaction."""
        self.number += 1

    def close(self) -> None:
        """Do nothing, because no connection is open."""


class _Cursor:
    """A cursor that finds nothing, and counts nothing."""

    arraysize = 1
    lastrowid = None

    def __init__(self, connection: FakeConnection) -> None:
        self.connection = connection
        self.description: Sequence[Any] | None = None
        self.rowcount = 0
        self.is_made_up = False
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: Any, parameters: Any = None) -> _Cursor:
        text = _text(statement)
        return self.send(numbered(text, parameters), _listed(text, parameters))

    def send(self, text: str, parameters: Any = None) -> _Cursor:
        """Send a text as it is, without reading parameters in it."""
        self._rows = self.connection.answer(text)
        self.rowcount = int(self.connection.repeated[text] > _MOST_EQUAL)
        width = len(self._rows[0]) if self._rows else 1
        self.is_made_up = False
        self.description = None
        known = self.connection.queries.answer(text, parameters)
        if known is not None:
            names, self._rows = known
            self.named(names)
        elif gives_rows(text):
            self.named([f"column_{number}" for number in range(width)])
            self.is_made_up = not self._rows and self.connection.wants_row()
            if self.is_made_up:
                self.named(names_of(text))
                self._rows = [row_of(names_of(text))]
        self.connection.sent(text)
        return self

    def named(self, names: Sequence[str]) -> None:
        """Name the columns of the result."""
        self.description = [(name, *[None] * 6) for name in names]

    def make_up(self, types: Sequence[Any]) -> None:
        """Replace a made-up row by a row of the right types."""
        if self.is_made_up:
            self._rows = [tuple(map(value_of, types))]

    def executemany(self, statement: Any, parameters: Any = None) -> _Cursor:
        return self.execute(statement, parameters)

    @contextmanager
    def copy(self, statement: Any, parameters: Any = None) -> Iterator[_Copy]:
        """Yield an empty copy, as psycopg's cursor does."""
        self.execute(statement, parameters)
        yield _Copy()

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, _size: int | None = None) -> list[tuple[Any, ...]]:
        return self.fetchall()

    def fetchall(self) -> list[tuple[Any, ...]]:
        found, self._rows = self._rows, []
        return found

    def close(self) -> None:
        """Do nothing, because nothing is open."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _text(statement: Any) -> str:
    """Return a statement as text, which may be text, bytes or composed by psycopg."""
    if isinstance(statement, bytes):
        return statement.decode()
    put_together = getattr(statement, "as_string", None)
    return str(put_together(None) if put_together else statement)


def _listed(text: str, parameters: Any) -> Any:
    """Return the values in the order of the numbers that ``numbered()`` gives them."""
    if not isinstance(parameters, dict):
        return parameters
    names = dict.fromkeys(_NAMED.findall(text))
    return [parameters.get(name) for name in names]


def numbered(text: str, parameters: Any) -> str:
    """Add numbers to the parameters, and read %% as % if there are any."""
    if parameters is None:
        return text
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if not parameters:
            return match[0]
        is_named = "(" in match[0]
        name = match[0] if is_named else f"{len(names)} {match[0]}"
        return f"${names.setdefault(name, len(names) + 1)}"

    return _PLACEHOLDER.sub(number, text)


class _Copy:
    """The result of psycopg's ``cursor.copy()``, which keeps and returns no rows."""

    def write(self, _data: Any) -> None:
        """Keep nothing."""

    write_row = set_types = write

    def rows(self) -> Iterator[Any]:
        """Return no rows."""
        return iter(())

    __iter__ = rows


class _Dialect(MadeCatalog, PGDialect):  # type: ignore[misc]  # typed in several ways
    """PostgreSQL's dialect without a driver, which does not query the server."""

    driver = "zdt"
    supports_statement_cache = True
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False
    default_paramstyle = "numeric_dollar"  # so that compiled SQL keeps each %
    use_insertmanyvalues = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return SimpleNamespace(
            Error=Exception, paramstyle="numeric_dollar", apilevel="2.0", threadsafety=1
        )

    def do_execute(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        compiled = getattr(context, "compiled", None)
        self._sent(cursor, statement, parameters, compiled)
        columns = getattr(compiled, "_result_columns", ())
        if columns and cursor.description is not None:
            cursor.named([column.keyname for column in columns])
            cursor.make_up([column.type for column in columns])

    def do_executemany(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        compiled = getattr(context, "compiled", None)
        self._sent(cursor, statement, parameters, compiled)

    def _sent(
        self, cursor: Any, statement: str, parameters: Any, compiled: Any
    ) -> None:
        """Send a compiled statement as it is, and look for parameters in any other."""
        if compiled is None:
            cursor.execute(statement, parameters)
        else:
            cursor.send(statement, parameters)

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


def recording_engine(version: int, made: MadeObjects) -> tuple[Engine, FakeConnection]:
    """Return an engine without a server, and its connection.

    Args:
        version: the version that the server would have, as ``server_version_num``.
        made: the objects that it knows.
    """
    raw = FakeConnection(version, made)
    make: Any = _Dialect
    dialect = make(dbapi=_Dialect.import_dbapi())
    dialect.made = made
    dialect.server_version_info = (version // 10000, version % 10000)
    dialect.default_schema_name = "public"
    dialect.default_isolation_level = "READ COMMITTED"
    connect: Any = lambda: raw  # noqa: E731  # the pool wants the type of a DBAPI
    pool = StaticPool(connect, dialect=dialect)
    engine = Engine(pool, dialect, make_url("postgresql://recorded"))
    engine.connect().close()
    raw.is_new = False
    return engine, raw
