"""Statements of an application, made from the tables and their keys.

https://www.postgresql.org/docs/current/dml.html
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from alembic_zdt.connection.database import Database
from alembic_zdt.names import quote
from alembic_zdt.rehearsal.filling import insert_of
from alembic_zdt.rehearsal.named_columns import Codes
from alembic_zdt.rehearsal.table_shape import ColumnShape, Shapes, TableShape
from alembic_zdt.rehearsal.values import is_listed, value_of
from alembic_zdt.tracing.traffic import Sender

_SPREAD = 7919
"""A prime number, with which the statements visit all rows in a mixed order."""
_MOST_READ = 100
_KEPT = 20
"""The inserted rows that stay for a while, so that other statements meet them."""


def senders(
    shapes: Shapes, rows: Mapping[int, int], codes: Codes, new: Iterator[int]
) -> Iterator[Sender]:
    """Yield what old and new code send: reads, updates, inserts and deletes by key.

    Args:
        shapes: the tables.
        rows: the number of rows by the oid of a table, for those with traffic.
        codes: the columns that each code names, by table.
        new: numbers of rows that do not exist yet.
    """
    for oid in rows:
        table = shapes[oid]
        inserted: deque[str] = deque()
        for code, columns in codes.items():
            names = columns.get(table.name, frozenset())
            if table.primary and {*table.primary} <= names:
                of = _Of(shapes, oid, names, rows, new, inserted)
                yield from of.senders(code)


def _may_run_out(table: TableShape) -> bool:
    """Check whether a unique key takes only as many rows as other tables have."""
    referring = {name for each in table.references for name in each.columns}
    return any({*key} <= referring for key in table.unique)


class _Of:
    """The statements of one code on one table."""

    def __init__(
        self,
        shapes: Shapes,
        oid: int,
        names: Collection[str],
        rows: Mapping[int, int],
        new: Iterator[int],
        inserted: deque[str],
    ) -> None:
        self._shapes, self._oid, self._table = shapes, oid, shapes[oid]
        self._columns = [each for each in self._table.columns if each.name in names]
        self._by_name = {each.name: each for each in self._columns}
        self._rows, self._count = rows, max(rows[oid], 1)
        self._next, self._new, self._inserted = itertools.count(), new, inserted
        self._changed = self._free()

    def senders(self, code: str) -> Iterator[Sender]:
        label = self._table.name.sql
        yield Sender(f"read {label}", self._read, code)
        for index in self._table.indexes:
            if all(self._value(name, 1) for name in index):
                read = partial(self._read_by, index)
                yield Sender(f"read {label} by {', '.join(index)}", read, code)
        if self._changed is not None:
            yield Sender(f"update {label}", self._update, code)
        if _may_run_out(self._table):
            return
        yield Sender(f"insert into {label}", self._insert, code)
        if not self._is_referred_to():
            yield Sender(f"delete from {label}", self._delete, code)

    def _is_referred_to(self) -> bool:
        return any(
            reference.table == self._oid
            for oid, table in self._shapes.items()
            for reference in table.references
            if oid != self._oid
        )

    def _free(self) -> ColumnShape | None:
        """Return a column that an update may change, if possible to another value."""
        keys = {name for key in self._table.unique for name in key}
        referring = {name for each in self._table.references for name in each.columns}
        free = [
            each
            for each in self._columns
            if each.name not in keys | referring and not each.is_generated
        ]
        free.sort(key=lambda each: each.name in self._table.bound)
        return free[0] if free else None

    def _read(self, database: Database) -> None:
        database.execute(f"{self._select()} WHERE {self._key(self._number())}")

    def _read_by(self, index: Sequence[str], database: Database) -> None:
        number = self._number()
        where = " AND ".join(
            f"{quote(name)} = {self._value(name, number)}" for name in index
        )
        database.execute(f"{self._select()} WHERE {where} LIMIT {_MOST_READ}")

    def _select(self) -> str:
        names = ", ".join(quote(each.name) for each in self._columns)
        return f"SELECT {names} FROM {self._table.name.sql}"

    def _update(self, database: Database) -> None:
        column = self._changed
        if column is None:
            return
        number, name, table = self._number(), quote(column.name), self._table.name.sql
        value = name
        if column.name not in self._table.bound and self._may_be_any(column):
            # A value of no other row: a revision may make the column unique.
            value = self._own_value(column.name, next(self._new)) or name
        database.execute(
            f"UPDATE {table} SET {name} = {value} WHERE {self._key(number)}"
        )

    def _may_be_any(self, column: ColumnShape) -> bool:
        """Check whether no CHECK says which values the column may have."""
        checked = {name for _, names in self._table.checks for name in names}
        return column.name not in checked or is_listed(column, self._table)

    def _insert(self, database: Database) -> None:
        number = next(self._new)
        numbers = f"generate_series({number}, {number})"
        key = ", ".join(
            f"pg_catalog.quote_literal({quote(name)}::pg_catalog.text)"
            for name in self._table.primary
        )
        names = {*self._by_name}
        made = insert_of(self._shapes, self._oid, numbers, names, self._count)
        for row in database.rows(f"{made} RETURNING {key}", as_written=True):
            self._inserted.append(
                " AND ".join(
                    f"{quote(name)} = {value}"
                    for name, value in zip(self._table.primary, row, strict=True)
                )
            )

    def _delete(self, database: Database) -> None:
        """Delete a row that this traffic has inserted, none if there are few."""
        where = f"{quote(self._table.primary[0])} IS NULL"
        if len(self._inserted) > _KEPT:
            where = self._inserted.popleft()
        database.execute(f"DELETE FROM {self._table.name.sql} WHERE {where}")

    def _number(self) -> int:
        return 1 + next(self._next) * _SPREAD % self._count

    def _key(self, number: int) -> str:
        return " AND ".join(
            f"{quote(name)} = {self._own_value(name, number) or 'NULL'}"
            for name in self._table.primary
        )

    def _own_value(self, name: str, number: int) -> str | None:
        return value_of(self._by_name[name], f"{number}::bigint", self._table)

    def _value(self, name: str, number: int) -> str | None:
        """Return a value of a column; for a foreign key, one of the other table."""
        if name not in self._by_name:
            return None
        for reference in self._table.references:
            if name in reference.columns and reference.table in self._shapes:
                other = self._shapes[reference.table]
                theirs = reference.others[list(reference.columns).index(name)]
                number = 1 + (number - 1) % self._rows.get(reference.table, 1)
                column = next(each for each in other.columns if each.name == theirs)
                return value_of(column, f"{number}::bigint", other)
        return self._own_value(name, number)
