"""Send the statements of another database, with values of the rehearsal's own rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.checks.sql.parsing import NEEDS_THE_PARSER, UnreadableError, is_one
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.rehearsal.called_statements import CalledStatement
from alembic_zdt.rehearsal.parameter_columns import Parameter, parameters_of
from alembic_zdt.rehearsal.table_shape import ColumnShape, Shapes, TableShape, shapes
from alembic_zdt.rehearsal.values import value_of
from alembic_zdt.sql_tokens import with_strings, without_strings
from alembic_zdt.tracing.traffic import Sender

_PARAMETER = re.compile(r"\$(\d+)")
_PLAN = "zdt_sampled"
_READ, _KEPT = 20_000, 200
_ROWS = "10"
_LEAST_SHARE = 0.02
_LONGEST_NAME = 80
Value = Callable[[], str]


def refuse_missing_parser() -> None:
    """Refuse to begin without PostgreSQL's grammar.

    Raises:
        UsageError: it is not installed.
    """
    if not is_one("SELECT 1"):
        raise UsageError(f"--traffic-of {NEEDS_THE_PARSER}")


def sampled_senders(
    connection: Connection,
    called: Sequence[CalledStatement],
    new: Iterator[int],
    tell: Callable[[str], None],
) -> list[Sender]:
    """Return senders of the statements that work in this database.

    Args:
        connection: a connection to the filled database, in autocommit mode.
        called: the statements.
        new: numbers of rows that do not exist yet.
        tell: a function that shows a line, for each statement that is left out.

    Raises:
        UsageError: no statement is left.
    """
    database = Database(connection)
    values = _Values(database, shapes(database), new)
    most = max((each.calls for each in called), default=1)
    found = []
    for each in called:
        try:
            make = _maker(database, each.sql, values)
            _try(database, make())
        except (DBAPIError, UnreadableError) as error:
            words = str(error.orig if isinstance(error, DBAPIError) else error)
            reason = words.strip().partition("\n")[0]
            tell(f"left out of the traffic: {_named(each.sql)}: {reason}")
            continue
        share = max(each.calls / most, _LEAST_SHARE)
        found.append(Sender(_named(each.sql), partial(_send, make), share=share))
    if not found:
        raise UsageError(
            "no statement of --traffic-of works in the scratch database",
            hint="Bring its tables to the same state, or use --traffic.",
        )
    return found


def _named(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def _send(make: Value, database: Database) -> None:
    database.execute(make())


def _try(database: Database, sql: str) -> None:
    """Run a statement once, without an effect."""
    database.execute("BEGIN")
    try:
        database.execute(sql)
    finally:
        database.execute("ROLLBACK")


def _maker(database: Database, sql: str, values: _Values) -> Value:
    """Return a function that writes the statement with the next values."""
    types = _types(database, sql)
    given = parameters_of(sql)
    each = {
        number: values.of(given.get(number, Parameter()), kind)
        for number, kind in enumerate(types, start=1)
    }
    shape, strings = without_strings(sql)

    def made() -> str:
        text = _PARAMETER.sub(lambda found: each[int(found[1])](), shape)
        return with_strings(text, strings)

    return made


def _types(database: Database, sql: str) -> Sequence[str]:
    """Return the types of the parameters, as the server derives them."""
    database.execute(f"PREPARE {_PLAN} AS {sql}")
    try:
        types = database.value(
            "SELECT parameter_types::text[] FROM pg_prepared_statements"
            f" WHERE name = '{_PLAN}'"
        )
    finally:
        database.execute(f"DEALLOCATE {_PLAN}")
    return [str(each) for each in types or ()]


class _Values:
    """Values for parameters, from the rows of the database."""

    def __init__(self, database: Database, known: Shapes, new: Iterator[int]) -> None:
        self._database, self._shapes, self._new = database, known, new
        self._pools: dict[tuple[str, str], Sequence[str]] = {}

    def of(self, parameter: Parameter, kind: str) -> Value:
        """Return a function that returns the next value as SQL of a type."""
        if parameter.is_limit:
            return lambda: _ROWS
        for name in parameter.tables:
            for table in self._tables(name):
                for column in table.columns:
                    if column.name == parameter.column:
                        return self._of_column(parameter, kind, table, column)
        return lambda: f"NULL::{kind}"

    def _tables(self, name: QualifiedName) -> list[TableShape]:
        return [
            each
            for each in self._shapes.values()
            if each.name.name == name.name and name.schema in {None, each.name.schema}
        ]

    def _of_column(
        self, parameter: Parameter, kind: str, table: TableShape, column: ColumnShape
    ) -> Value:
        if parameter.is_written and self._is_unique(table, column):
            return self._made(table, column, kind)
        pool = self._pool(*self._source(table, column))
        if not pool:
            return self._made(table, column, kind)
        following = itertools.cycle(pool)
        is_list = kind.endswith("[]") and not column.type.endswith("[]")
        if is_list:
            return lambda: f"ARRAY[{literal(next(following))}]::{kind}"
        return lambda: f"{literal(next(following))}::{kind}"

    def _is_unique(self, table: TableShape, column: ColumnShape) -> bool:
        return any(column.name in key for key in table.unique) and not any(
            column.name in each.columns for each in table.references
        )

    def _made(self, table: TableShape, column: ColumnShape, kind: str) -> Value:
        def made() -> str:
            value = value_of(column, f"{next(self._new)}::bigint", table)
            return f"({value or 'NULL'})::{kind}"

        return made

    def _source(self, table: TableShape, column: ColumnShape) -> tuple[str, str]:
        """Return the table and the column whose values fit a column.

        For a foreign key these are the ones that it refers to.
        """
        for each in table.references:
            if column.name in each.columns and each.table in self._shapes:
                theirs = each.others[list(each.columns).index(column.name)]
                return self._shapes[each.table].name.sql, theirs
        return table.name.sql, column.name

    def _pool(self, table: str, column: str) -> Sequence[str]:
        found = self._pools.get((table, column))
        if found is None:
            name = quote(column)
            rows = self._database.rows(
                f"SELECT value FROM (SELECT {name}::text AS value FROM {table}"
                f" WHERE {name} IS NOT NULL LIMIT {_READ}) x"
                f" ORDER BY random() LIMIT {_KEPT}"
            )
            found = self._pools[table, column] = [str(each) for (each,) in rows]
        return found
