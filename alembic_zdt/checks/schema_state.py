"""Facts about tables, columns, indexes and types from the revisions so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    TextClause,
)

from alembic_zdt.checks.sql import effects
from alembic_zdt.names import QualifiedName, unquoted
from alembic_zdt.operations.foreign_key import CreateForeignKeyTwoPhaseOp
from alembic_zdt.operations.index import CreateIndexConcurrentlyOp
from alembic_zdt.operations.not_null import AddNotNullTwoPhaseOp, DropNotNullOp
from alembic_zdt.operations.primary_key import CreatePrimaryKeyConcurrentlyOp
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp


def plain(name: QualifiedName) -> QualifiedName:
    """Return the name without its schema, if that is the default one."""
    return replace(name, schema=None) if name.schema == "public" else name


@dataclass
class Table:
    """A table, as far as the revisions describe it.

    Attributes:
        not_null: the columns that cannot be NULL.
        virtual: the generated columns that are not stored.
        added: the columns that the present revision has added, without NOT NULL.
        foreign_keys: their names.
        indexes: the columns of each.
    """

    not_null: set[str] = field(default_factory=set)
    virtual: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    foreign_keys: set[str] = field(default_factory=set)
    indexes: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class SchemaState:
    """Facts from the revisions up to the present one.

    Attributes:
        tables: that a revision has mentioned.
        new_types: that the present revision has made.
        domains: those with a constraint.
    """

    tables: dict[QualifiedName, Table] = field(default_factory=dict)
    new_types: set[QualifiedName] = field(default_factory=set)
    domains: set[QualifiedName] = field(default_factory=set)

    def start_revision(self) -> None:
        """Forget the facts that hold within one revision only."""
        self.new_types.clear()
        for table in self.tables.values():
            table.added.clear()

    def table(self, name: QualifiedName) -> Table:
        """Return the facts about a table, which may be empty."""
        return self.tables.setdefault(plain(name), Table())

    def note(self, act: Any) -> None:
        """Record what an operation has done."""
        keep = _NOTES.get(type(act))
        if keep is not None:
            keep(self, act)


def _of(op: Any) -> QualifiedName:
    return QualifiedName(str(op.table_name), op.schema)


def _table_made(known: SchemaState, op: ops.CreateTableOp) -> None:
    table = known.tables[plain(_of(op))] = Table()
    for part in op.columns:
        if isinstance(part, Column):
            _put_column(table, part)
        elif isinstance(part, ForeignKeyConstraint):
            table.foreign_keys.add(str(part.name))
    table.not_null |= set(_keys(op))


def _keys(op: ops.CreateTableOp) -> Iterator[str]:
    """Yield the columns of its primary key."""
    for part in op.columns:
        if isinstance(part, PrimaryKeyConstraint):
            # Columns that are given by name are found when the table is made.
            yield from (str(column.name) for column in part.columns)
            pending = getattr(part, "_pending_colargs", ())
            yield from (each for each in pending if isinstance(each, str))


def _put_column(table: Table, column: Column[Any]) -> None:
    name = str(column.name)
    if not column.nullable:
        table.not_null.add(name)
    if column.computed is not None and column.computed.persisted is False:
        table.virtual.add(name)
    table.foreign_keys |= {
        str(key.name) for key in column.foreign_keys if key.name is not None
    }


def _column_added(known: SchemaState, op: ops.AddColumnOp) -> None:
    table = known.table(_of(op))
    _put_column(table, op.column)
    if op.column.nullable:
        table.added.add(str(op.column.name))


def _column_expanded(known: SchemaState, op: ExpandAddColumnOp) -> None:
    _put_column(known.table(op.table), op.column)


def _column_altered(known: SchemaState, op: ops.AlterColumnOp) -> None:
    table = known.table(_of(op))
    if op.modify_nullable is False:
        table.not_null.add(op.column_name)
        table.added.discard(op.column_name)
    elif op.modify_nullable:
        table.not_null.discard(op.column_name)
    if op.modify_name is not None:
        for names in (table.not_null, table.virtual, table.added):
            if op.column_name in names:
                names.discard(op.column_name)
                names.add(op.modify_name)


def _column_dropped(known: SchemaState, op: ops.DropColumnOp) -> None:
    table = known.table(_of(op))
    for names in (table.not_null, table.virtual, table.added):
        names.discard(op.column_name)


def _table_renamed(known: SchemaState, op: ops.RenameTableOp) -> None:
    old = _of(op)
    table = known.tables.pop(plain(old), Table())
    known.tables[plain(old.sibling(op.new_table_name))] = table


def _index_made(known: SchemaState, op: ops.CreateIndexOp) -> None:
    columns = [_column_in_index(each) for each in op.columns]
    known.table(_of(op)).indexes[str(op.index_name)] = columns


_WITH_AN_ORDER = re.compile(r'(?P<column>"(?:[^"]|"")+"|[\w$]+)\s')


def _column_in_index(column: Any) -> str:
    """Return the name of a column, without an operator class or an order."""
    if isinstance(column, TextClause) and (match := _WITH_AN_ORDER.match(column.text)):
        return unquoted(match["column"])
    return str(getattr(column, "name", column))


def _key_made(known: SchemaState, op: ops.CreatePrimaryKeyOp) -> None:
    known.table(_of(op)).not_null |= set(op.columns)


def _key_taken_over(known: SchemaState, act: effects.AddKeyUsingIndex) -> None:
    table = known.table(act.table)
    table.not_null |= set(table.indexes.get(act.index, ()))


def _foreign_key_made(known: SchemaState, op: ops.CreateForeignKeyOp) -> None:
    table = QualifiedName(op.source_table, op.kw.get("source_schema"))
    known.table(table).foreign_keys.add(str(op.constraint_name))


def _constraint_dropped(known: SchemaState, op: ops.DropConstraintOp) -> None:
    known.table(_of(op)).foreign_keys.discard(str(op.constraint_name))


def _domain_altered(known: SchemaState, act: effects.AlterDomain) -> None:
    known.domains.add(plain(act.name))


def _type_made(known: SchemaState, act: effects.MakeType) -> None:
    known.new_types.add(plain(act.name))
    if act.has_checks:
        known.domains.add(plain(act.name))


def _our_index(known: SchemaState, op: CreateIndexConcurrentlyOp) -> None:
    spec = op.spec
    columns = [_column_in_index(each) for each in spec.columns]
    known.table(spec.table).indexes[str(spec.name)] = columns


def _our_key(known: SchemaState, op: CreatePrimaryKeyConcurrentlyOp) -> None:
    spec = op.spec
    known.table(spec.table).not_null |= set(spec.plain_columns or ())


def _our_foreign_key(known: SchemaState, op: CreateForeignKeyTwoPhaseOp) -> None:
    known.table(op.table).foreign_keys.add(op.name)


def _our_not_null(known: SchemaState, op: AddNotNullTwoPhaseOp) -> None:
    known.table(op.table).not_null.add(op.column)


def _our_null(known: SchemaState, op: DropNotNullOp) -> None:
    known.table(op.table).not_null.discard(op.column)


_NOTES: dict[type[Any], Callable[[SchemaState, Any], None]] = {
    effects.AddKeyUsingIndex: _key_taken_over,
    effects.AlterDomain: _domain_altered,
    effects.MakeType: _type_made,
    AddNotNullTwoPhaseOp: _our_not_null,
    CreateForeignKeyTwoPhaseOp: _our_foreign_key,
    CreateIndexConcurrentlyOp: _our_index,
    CreatePrimaryKeyConcurrentlyOp: _our_key,
    DropNotNullOp: _our_null,
    ExpandAddColumnOp: _column_expanded,
    ops.AddColumnOp: _column_added,
    ops.AlterColumnOp: _column_altered,
    ops.CreateForeignKeyOp: _foreign_key_made,
    ops.CreateIndexOp: _index_made,
    ops.CreatePrimaryKeyOp: _key_made,
    ops.CreateTableOp: _table_made,
    ops.DropColumnOp: _column_dropped,
    ops.DropConstraintOp: _constraint_dropped,
    ops.RenameTableOp: _table_renamed,
}
