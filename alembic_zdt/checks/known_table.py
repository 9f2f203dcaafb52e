"""Facts about a table from the revisions up to the current one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    TextClause,
    UniqueConstraint,
)

from alembic_zdt.checks.default_names import columns_of_condition
from alembic_zdt.checks.sql.columns import KEY_AS_SAID
from alembic_zdt.names import default_constraint_name, unquoted

_WORD = re.compile(r'"((?:[^"]|"")+)"|([\w$]+)')


@dataclass
class KnownTable:
    """Facts about a table.

    Attributes:
        not_null: the columns that cannot be NULL.
        virtual: the generated columns that are not stored.
        added: the columns that the present revision has added, without NOT NULL.
        made: all columns that the present revision has added.
        foreign_keys: the columns of each foreign key, by its name.
        indexes: the columns of each index, by its name.
        queued: the indexes whose build is only queued.
        keys: the types of the constraints among the indexes.
        checks: the condition of each CHECK, or its columns once they are needed.
        computed: the columns in expressions and conditions of indexes.
        types: the types of the columns.
        is_complete: whether a revision has made the table.
    """

    not_null: set[str] = field(default_factory=set)
    virtual: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    foreign_keys: dict[str, set[str]] = field(default_factory=dict)
    indexes: dict[str, list[str]] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    types: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False

    def scans_on_type_change(self, column: str) -> bool:
        """Check whether any change of the column's type reads the table.

        PostgreSQL validates each CHECK again, and builds each index on expressions
        again.  It also creates a foreign key again, which locks the other table.
        """
        self._read_checks()
        made_again = (*self.checks.values(), *self.foreign_keys.values(), self.computed)
        return any(column in columns for columns in made_again)

    def is_indexed(self, column: str) -> bool:
        """Check whether a known index has the column."""
        return any(column in columns for columns in self.indexes.values())

    def put_parts(self, op: ops.CreateTableOp) -> None:
        """Record the columns and the constraints of a new table."""
        self.is_complete = True
        for part in op.columns:
            if isinstance(part, Column):
                self.put_column(part, op.table_name)
                if part.primary_key:
                    self._put_key_of(part, op.table_name)
            elif isinstance(part, ForeignKeyConstraint):
                columns = [str(each) for each in part.column_keys]
                key = key_of_foreign_key(part.name, columns)
                self.foreign_keys[key] = set(columns)
            elif isinstance(part, CheckConstraint):
                self.checks[key_of_check(part.name, part.sqltext)] = part.sqltext
            elif isinstance(part, PrimaryKeyConstraint | UniqueConstraint):
                names = list(_columns_of_key(part))
                type_ = "unique" if isinstance(part, UniqueConstraint) else "primary"
                name = part.name or default_key_name(op.table_name, names, type_)
                self.put_key(str(name), names, type_)
            elif isinstance(part, Index):
                condition = part.dialect_options["postgresql"]["where"]
                self.put_index(str(part.name), part.expressions, condition)

    def put_key(self, name: str, columns: Sequence[str], type_: str) -> None:
        """Record a constraint, whose type is ``unique`` or ``primary``."""
        self.indexes[name], self.keys[name] = list(columns), type_
        if type_ == "primary":
            self.not_null |= set(columns)

    def goes_with(self, column: str) -> Iterator[tuple[str, str]]:
        """Yield names and types of objects that contract_drop_column() does not drop.

        They are the primary key, and objects on this column together with others.  DROP
        COLUMN drops them with the column.  The type of an index is empty.
        """
        self._read_checks()
        known: tuple[tuple[str, dict[str, Any]], ...] = (
            ("foreignkey", self.foreign_keys),
            ("check", self.checks),
            ("", self.indexes),
        )
        for type_, facts in known:
            for name, columns in facts.items():
                own = type_ or self.keys.get(name, "")
                is_told = len(set(columns)) > 1 or own == "primary"
                if column in columns and is_told and is_name(name):
                    yield name, own

    def put_column(self, column: Column[Any], table: str) -> None:
        """Record a column with its constraints and its index."""
        name = str(column.name)
        self.types[name] = column.type
        if not column.nullable:
            self.not_null.add(name)
        if column.computed is not None and column.computed.persisted is False:
            self.virtual.add(name)
        for key in column.foreign_keys:
            default = default_constraint_name(table, name, "fkey")
            self.foreign_keys[str(key.name or default)] = {name}
        for check in column.constraints:
            if isinstance(check, CheckConstraint):
                self.checks[key_of_check(check.name, check.sqltext)] = check.sqltext
        if column.index:
            self.indexes[f"ix_{table}_{name}"] = [name]
        elif column.unique:
            self.put_key(default_key_name(table, [name], "unique"), [name], "unique")

    def _put_key_of(self, column: Column[Any], table: str) -> None:
        """Add a column of a new table to the primary key, which may have several."""
        default = default_key_name(table, (), "primary")
        key = str(column.info.get(KEY_AS_SAID) or default)
        self.put_key(key, [*self.indexes.get(key, ()), str(column.name)], "primary")

    def _read_checks(self) -> None:
        """Replace each condition by the columns in it, which only a parser finds."""
        for name, condition in self.checks.items():
            if not isinstance(condition, set):
                self.checks[name] = _columns_of(condition)

    def put_index(self, name: str, columns: Iterable[Any], condition: Any) -> None:
        """Record an index.

        Args:
            name: the name of the index.
            columns: the columns, as Alembic takes them.
            condition: the condition of a partial index, else None.
        """
        given = list(columns)
        self.indexes[name] = [column_in_index(each) for each in given]
        computed = [each for each in given if not isinstance(each, str | Column)]
        parts = [*computed, *([] if condition is None else [condition])]
        for part in parts:
            if _WITH_AN_ORDER.match(str(part)) and part is not condition:
                continue
            words = _WORD.findall(str(part))
            self.computed |= {quoted or plain for quoted, plain in words}
        if condition is not None:
            self.computed |= set(self.indexes[name])

    def rename_column(self, old: str, new: str) -> None:
        """Give a column another name in all facts."""
        self._read_checks()
        for names in self._sets():
            if old in names:
                names.discard(old)
                names.add(new)
        for columns in self.indexes.values():
            columns[:] = [new if each == old else each for each in columns]
        if old in self.types:
            self.types[new] = self.types.pop(old)

    def drop_column(self, name: str) -> None:
        """Forget a column, and what PostgreSQL drops with it."""
        self._read_checks()
        by_name: tuple[dict[str, Any], ...] = (
            self.foreign_keys,
            self.indexes,
            self.checks,
        )
        for facts in by_name:
            for each in [key for key, columns in facts.items() if name in columns]:
                del facts[each]
        for names in self._sets():
            names.discard(name)
        self.types.pop(name, None)

    def _sets(self) -> Iterator[set[str]]:
        yield from (self.not_null, self.virtual, self.added, self.made, self.computed)
        yield from self.foreign_keys.values()
        yield from self.checks.values()


def is_name(key: str) -> bool:
    """Check whether the key of a fact is the name of the object."""
    return _WORD.fullmatch(key) is not None


def key_of_check(name: Any, condition: Any) -> str:
    """Return the key for the facts of a CHECK, no name if it has none."""
    return str(name) if name else f"without a name: {condition}"


def key_of_foreign_key(name: Any, columns: Iterable[str]) -> str:
    """Return the key for the facts of a foreign key, no name if it has none."""
    return str(name) if name else f"without a name: {', '.join(columns)}"


def default_key_name(table: str, columns: Iterable[str], type_: str) -> str:
    """Return the name that PostgreSQL gives to a constraint."""
    if type_ == "primary":
        return default_constraint_name(table, "", "pkey")
    return default_constraint_name(table, "_".join(columns), "key")


def _columns_of(condition: Any) -> set[str]:
    """Return the columns in a condition, or all its words if it cannot be read."""
    found = columns_of_condition(condition)
    if found is not None:
        return set(found)
    return {quoted or plain for quoted, plain in _WORD.findall(str(condition))}


def _columns_of_key(key: PrimaryKeyConstraint | UniqueConstraint) -> Iterator[str]:
    # SQLAlchemy resolves the names of columns only when it makes the table.
    found = [str(column.name) for column in key.columns]
    pending = getattr(key, "_pending_colargs", ())
    found += (each for each in pending if isinstance(each, str))
    yield from dict.fromkeys(found)


_WITH_AN_ORDER = re.compile(r'\A(?P<column>"(?:[^"]|"")+"|[\w$]+)\s')


def column_in_index(column: Any) -> str:
    """Return the name of a column, without an operator class or an order."""
    if isinstance(column, TextClause) and (match := _WITH_AN_ORDER.match(column.text)):
        return unquoted(match["column"])
    return str(getattr(column, "name", column))
