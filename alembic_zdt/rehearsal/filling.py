"""Fill tables with made-up rows that satisfy their keys and foreign keys.

https://www.postgresql.org/docs/current/sql-insert.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import dollar_tag, quote
from alembic_zdt.rehearsal.column_statistics import repeated, with_nulls
from alembic_zdt.rehearsal.table_shape import (
    ColumnShape,
    Reference,
    Shapes,
    TableShape,
)
from alembic_zdt.rehearsal.values import value_of

_NO_VALUES = "DEFAULT VALUES"
"""The end of an INSERT that names no column, and makes one row only."""

_SAMPLE = 1000
"""Most rows of another table to which made-up rows refer."""

NUMBER = "zdt_n"
"""The name of the number of a row in the statements."""


def fill(
    database: Database,
    shapes: Shapes,
    rows: Mapping[int, int],
    optional: Collection[int] = (),
) -> Mapping[int, UsageError]:
    """Insert rows, first into the tables to which others refer.

    Args:
        database: a connection in autocommit mode.
        shapes: the tables of the database.
        rows: the number of rows by the oid of a table.
        optional: the tables that may stay empty.

    Returns:
        the optional tables that take no such rows, each with the reason.

    Raises:
        UsageError: another table takes no such rows.
    """
    left: dict[int, UsageError] = {}
    for oid in _in_order(shapes, rows):
        try:
            _fill_one(database, shapes, oid, rows[oid])
        except UsageError as error:
            if oid not in optional:
                raise
            left[oid] = error
    return left


def _fill_one(database: Database, shapes: Shapes, oid: int, count: int) -> None:
    table = shapes[oid]
    made = insert_of(shapes, oid, f"generate_series(1, {count})")
    if made.endswith(_NO_VALUES):
        made = _repeated(made, count)
    try:
        database.execute(made)
    except DBAPIError as error:
        raise UsageError(
            f"could not make rows for {table.name.sql}",
            detail=str(error.orig).strip(),
            hint="Make fewer rows, leave the table out of --rows, or fill it with "
            "--seed FILE.sql.",
        ) from error
    database.execute(f"ANALYZE {table.name.sql}")


def _repeated(statement: str, count: int) -> str:
    """Return SQL that runs a statement several times."""
    body = f"BEGIN FOR i IN 1 .. {count} LOOP {statement}; END LOOP; END"
    tag = dollar_tag(body)
    return f"DO {tag}{body}{tag}"


def _in_order(shapes: Shapes, rows: Mapping[int, int]) -> Iterator[int]:
    """Yield each table after those to which it refers, as far as that is possible."""
    done: set[int] = set()

    def visit(oid: int, path: frozenset[int]) -> Iterator[int]:
        if oid in done or oid in path or oid not in rows:
            return
        for reference in shapes[oid].references:
            yield from visit(reference.table, path | {oid})
        done.add(oid)
        yield oid

    for oid in rows:
        yield from visit(oid, frozenset())


def insert_of(
    shapes: Shapes,
    oid: int,
    numbers: str,
    named: Collection[str] | None = None,
    checked: int | None = None,
) -> str:
    """Return the INSERT of rows with the numbers that a set-returning call gives.

    Args:
        shapes: the tables.
        oid: the oid of the table.
        numbers: the call.
        named: the columns that the statement may name, None for all.
        checked: the number of rows whose values the CHECK constraints have allowed;
            their columns repeat those values. None if no row is there yet.
    """
    return _Insert(shapes, shapes[oid], oid, numbers, named, checked).sql()


@dataclass(frozen=True)
class _Insert:
    shapes: Shapes
    table: TableShape
    oid: int
    numbers: str
    named: Collection[str] | None
    checked: int | None

    def sql(self) -> str:
        values = dict(self._values())
        names = ", ".join(map(quote, values))
        head = f"INSERT INTO {self.table.name.sql} ({names})"
        if not values:
            return f"INSERT INTO {self.table.name.sql} {_NO_VALUES}"
        listed = ", ".join(values.values())
        samples = "".join(self._joins())
        numbered = f"{self.numbers} AS numbers ({NUMBER})"
        return f"{head} SELECT {listed} FROM {numbered}{samples}"

    def _values(self) -> Iterator[tuple[str, str]]:
        referring = dict(self._referring())
        for column in self.table.columns:
            if column.is_generated or not self._may_name(column.name):
                continue
            made = referring.get(column.name) or self._of_key(column, referring)
            made = made or self._own(column)
            if made:
                yield column.name, with_nulls(made, column, NUMBER)

    def _of_key(self, column: ColumnShape, referring: Mapping[str, str]) -> str | None:
        """Return the key of the row, for a foreign key to the same table."""
        by_name = {each.name: each for each in self.table.columns}
        for reference in self.table.references:
            if reference.table == self.oid and column.name in reference.columns:
                place = list(reference.columns).index(column.name)
                other = reference.others[place]
                made = referring.get(other) or self._own(by_name[other])
                return made and f"({made})::{column.type}"
        return None

    def _own(self, column: ColumnShape) -> str | None:
        if column.name in self.table.placed:
            return value_of(column, f"{NUMBER}::bigint", self.table)
        if column.has_default and not self._is_key(column.name):
            return None
        if column.has_default and self._numbers_itself(column):
            return None
        number = repeated(self._number_for(column), column)
        made = value_of(column, number, self.table)
        if made is None and column.is_not_null and not column.has_default:
            raise UsageError(
                f"could not make rows for {self.table.name.sql}",
                detail=f"No value is known for {column.name}, of type {column.type}.",
                hint="Leave the table out of --rows, or fill it with --seed FILE.sql.",
            )
        return made

    def _number_for(self, column: ColumnShape) -> str:
        number = f"{NUMBER}::bigint"
        is_checked = any(column.name in names for _, names in self.table.checks)
        if self.checked and is_checked and not self._is_key(column.name):
            return f"(1 + ({number} - 1) % {self.checked})"
        return number

    def _may_name(self, name: str) -> bool:
        return self.named is None or name in self.named

    def _is_key(self, name: str) -> bool:
        return any(name in columns for columns in self.table.unique)

    def _numbers_itself(self, column: ColumnShape) -> bool:
        return column.kind in {"int2", "int4", "int8"}

    def _referring(self) -> Iterator[tuple[str, str]]:
        for place, reference in enumerate(self._others()):
            for name, other in zip(reference.columns, reference.others, strict=True):
                yield name, f"ref{place}.{quote(other)}"

    def _joins(self) -> Iterator[str]:
        """Yield a join for each foreign key with the row that it refers to.

        In a key of several foreign keys each combination comes once.
        """
        below = "1"
        for place, reference in enumerate(self._others()):
            other = self.shapes[reference.table].name.sql
            listed = ", ".join(map(quote, reference.others))
            numbered = f"SELECT row_number() OVER () - 1 AS i, {listed}"
            most = "ALL" if self._is_unique(reference) else self._sample(reference)
            sample = f"({numbered} FROM {other} LIMIT {most}) ref{place}"
            limited = f"SELECT 1 FROM {other} LIMIT {most}"
            count = f"(SELECT count(*) FROM ({limited}) limited)"
            chosen = f"({NUMBER}::bigint - 1) / {below} % greatest({count}, 1)"
            yield f" LEFT JOIN {sample} ON ref{place}.i = {chosen}"
            if any({*reference.columns} < {*key} for key in self.table.unique):
                below = f"{below} * greatest({count}, 1)"
                below = f"({below})"

    def _sample(self, reference: Reference) -> str:
        """Return the number of rows of the other table to which rows refer."""
        by_name = {each.name: each for each in self.table.columns}
        known = by_name[reference.columns[0]].statistics
        return str(_SAMPLE if known is None else known.distinct or "ALL")

    def _is_unique(self, reference: Reference) -> bool:
        """Check whether a unique key needs more than a sample of the other table."""
        return any({*reference.columns} & {*key} for key in self.table.unique)

    def _others(self) -> Sequence[Reference]:
        """Return the foreign keys that rows can hold from the beginning."""
        return [
            each
            for each in self.table.references
            if each.table in self.shapes and each.table != self.oid
        ]
