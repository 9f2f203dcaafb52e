"""Statements of an application, made from the tables and their keys.

https://www.postgresql.org/docs/current/dml.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping

from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.rehearsal.filling import insert_of
from alembic_zdt.rehearsal.table_shape import ColumnShape, Shapes, TableShape
from alembic_zdt.rehearsal.values import value_of

Statement = Callable[[], str]
_SPREAD = 7919
"""A prime: the rows of a table come in an order that is not theirs."""


def statements(
    shapes: Shapes,
    rows: Mapping[int, int],
    kept: Mapping[QualifiedName, Collection[str]],
    new: Iterator[int],
) -> Iterator[tuple[str, Statement]]:
    """Yield statements with their names: reads, updates, inserts and deletes by key.

    Args:
        shapes: the tables.
        rows: the number of rows by the oid of a table, for those with traffic.
        kept: the columns that the statements may name, by table.
        new: numbers of rows that are not there yet.
    """
    for oid, count in rows.items():
        table = shapes[oid]
        names = kept.get(table.name, ())
        columns = [each for each in table.columns if each.name in names]
        if not columns or not {*table.primary} <= {*names} or not table.primary:
            continue
        of = _Of(shapes, oid, table, columns, count, new)
        label = table.name.sql
        yield f"read {label}", of.read
        if of.changed is not None:
            yield f"update {label}", of.update
        if not _may_run_out(table):
            yield f"insert into {label}", of.insert


def _may_run_out(table: TableShape) -> bool:
    """Check whether a unique key takes only as many rows as other tables have."""
    referring = {name for each in table.references for name in each.columns}
    return any({*key} <= referring for key in table.unique)


class _Of:
    """The statements on one table."""

    def __init__(
        self,
        shapes: Shapes,
        oid: int,
        table: TableShape,
        columns: list[ColumnShape],
        count: int,
        new: Iterator[int],
    ) -> None:
        self._shapes, self._oid, self._table = shapes, oid, table
        self._columns, self._count = columns, max(count, 1)
        self._next, self._new = itertools.count(), new
        keys = {name for key in table.unique for name in key}
        referring = {name for each in table.references for name in each.columns}
        free = (
            each
            for each in columns
            if each.name not in keys | referring and not each.is_generated
        )
        self.changed: ColumnShape | None = next(free, None)

    def read(self) -> str:
        names = ", ".join(quote(each.name) for each in self._columns)
        return f"SELECT {names} FROM {self._table.name.sql} WHERE {self._key()}"

    def update(self) -> str:
        column = self.changed
        name = "" if column is None else quote(column.name)
        return f"UPDATE {self._table.name.sql} SET {name} = {name} WHERE {self._key()}"

    def insert(self) -> str:
        number = next(self._new)
        numbers = f"generate_series({number}, {number})"
        named = {each.name for each in self._columns}
        return insert_of(self._shapes, self._oid, numbers, named)

    def _key(self) -> str:
        number = str(1 + next(self._next) * _SPREAD % self._count)
        by_name = {each.name: each for each in self._columns}
        return " AND ".join(
            f"{quote(name)} = "
            + (value_of(by_name[name], f"{number}::bigint", self._table) or "NULL")
            for name in self._table.primary
        )
