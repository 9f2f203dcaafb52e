"""Facts about tables, columns, indexes and types from the revisions so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.index_definitions import definition, is_other
from alembic_zdt.checks.known_table import (
    KnownTable,
    default_key_name,
    key_of_check,
    key_of_foreign_key,
)
from alembic_zdt.checks.sql import effects
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.operations.constraints.check_constraint import (
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.foreign_key import CreateForeignKeyTwoPhaseOp
from alembic_zdt.operations.constraints.not_null import (
    AddNotNullTwoPhaseOp,
    DropNotNullOp,
)
from alembic_zdt.operations.constraints.primary_key import (
    CreatePrimaryKeyConcurrentlyOp,
)
from alembic_zdt.operations.constraints.unique_constraint import (
    CreateUniqueConstraintConcurrentlyOp,
)
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp
from alembic_zdt.workflows.drop_table.contract import ContractDropTableOp
from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp
from alembic_zdt.workflows.rename_table.contract import ContractRenameTableOp


def plain(name: QualifiedName) -> QualifiedName:
    """Return the name without its schema, if the schema is the default one."""
    return replace(name, schema=None) if name.schema == "public" else name


@dataclass
class SchemaState:
    """Facts from the revisions up to the current one.

    Attributes:
        tables: the tables that a revision has mentioned.
        new_types: the types that the present revision has made.
        domains: the domains with a constraint.
        definitions: the indexes that are still as a revision has created them, by name.
        changed: the tables to which the present revision adds columns.
        skipped: the indexes that IF NOT EXISTS of the present revision skips, each by
            its definition, with the definition of the index that has its name.
    """

    tables: dict[QualifiedName, KnownTable] = field(default_factory=dict)
    new_types: set[QualifiedName] = field(default_factory=set)
    domains: set[QualifiedName] = field(default_factory=set)
    definitions: dict[QualifiedName, IndexSpec] = field(default_factory=dict)
    changed: list[KnownTable] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def start_revision(self) -> None:
        """Forget the facts that hold within one revision only."""
        self.new_types.clear()
        self.skipped.clear()
        for table in self.changed:
            table.added.clear()
            table.made.clear()
        self.changed.clear()

    def table(self, name: QualifiedName) -> KnownTable:
        """Return the facts about a table, which may be empty."""
        return self.tables.setdefault(plain(name), KnownTable())

    def is_nullable(self, table: QualifiedName, column: str) -> bool | None:
        """Return whether a column may be NULL, None if no revision shows it."""
        known = self.table(table)
        if column in known.not_null:
            return False
        return True if known.is_complete and column in known.types else None

    def table_with_index(self, index: QualifiedName) -> QualifiedName | None:
        """Return the table of an index, None if no revision creates the index."""
        schema = plain(index).schema
        for name, table in self.tables.items():
            if index.name in table.indexes and name.schema == schema:
                return name
        return None

    def note(self, act: Any) -> None:
        """Record the changes of an operation."""
        if not isinstance(act, _KEEP_INDEXES):
            self.definitions.clear()
        keep = _NOTES.get(type(act))
        if keep is not None:
            keep(self, act)


def _of(op: Any) -> QualifiedName:
    return QualifiedName(str(op.table_name), op.schema)


def _table_made(known: SchemaState, op: ops.CreateTableOp) -> None:
    table = known.tables[plain(_of(op))] = KnownTable()
    table.put_parts(op)


def _column_added(known: SchemaState, op: ops.AddColumnOp) -> None:
    table, name = known.table(_of(op)), str(op.column.name)
    table.put_column(op.column, op.table_name)
    known.changed.append(table)
    if not getattr(op, "if_not_exists", None):
        table.made.add(name)
    if op.column.nullable:
        table.added.add(name)


def _column_expanded(known: SchemaState, op: ExpandAddColumnOp) -> None:
    known.table(op.table).put_column(op.column, op.table.name)


def _column_altered(known: SchemaState, op: ops.AlterColumnOp) -> None:
    table = known.table(_of(op))
    if op.modify_nullable is False:
        table.not_null.add(op.column_name)
        table.added.discard(op.column_name)
    elif op.modify_nullable:
        table.not_null.discard(op.column_name)
    if op.modify_type is not None:
        table.types[op.column_name] = op.modify_type
    if op.modify_name is not None:
        table.rename_column(op.column_name, op.modify_name)


def _column_dropped(known: SchemaState, op: ops.DropColumnOp) -> None:
    known.table(_of(op)).drop_column(op.column_name)


def _table_renamed(known: SchemaState, op: ops.RenameTableOp) -> None:
    old = _of(op)
    table = known.tables.pop(plain(old), KnownTable())
    known.tables[plain(old.sibling(op.new_table_name))] = table


def _our_table_renamed(known: SchemaState, op: ContractRenameTableOp) -> None:
    known.tables[plain(op.new)] = known.tables.pop(plain(op.old), KnownTable())


def _index_made(known: SchemaState, op: ops.CreateIndexOp) -> None:
    table, condition = known.table(_of(op)), op.kw.get("postgresql_where")
    table.put_index(str(op.index_name), op.columns, condition)
    made = IndexSpec.from_stock(op)
    there = known.definitions.setdefault(_name_of(made), made)
    if op.if_not_exists and is_other(made, there):
        known.skipped[definition(made)] = definition(there)


def _name_of(index: IndexSpec) -> QualifiedName:
    return plain(index.table.sibling(str(index.name)))


def _index_dropped(known: SchemaState, op: ops.DropIndexOp) -> None:
    for table in known.tables.values():
        table.indexes.pop(str(op.index_name), None)


def _key_made(known: SchemaState, op: ops.CreatePrimaryKeyOp) -> None:
    known.table(_of(op)).put_key(_name(op, "primary"), op.columns, "primary")


def _unique_made(known: SchemaState, op: ops.CreateUniqueConstraintOp) -> None:
    known.table(_of(op)).put_key(_name(op, "unique"), op.columns, "unique")


def _name(op: Any, type_: str) -> str:
    name = op.constraint_name or default_key_name(op.table_name, op.columns, type_)
    return str(name)


def _check_made(known: SchemaState, op: ops.CreateCheckConstraintOp) -> None:
    key = key_of_check(op.constraint_name, op.condition)
    known.table(_of(op)).checks[key] = op.condition


def _key_taken_over(known: SchemaState, act: effects.AddKeyUsingIndex) -> None:
    table = known.table(act.table)
    table.not_null |= set(table.indexes.get(act.index, ()))


def _foreign_key_made(known: SchemaState, op: ops.CreateForeignKeyOp) -> None:
    table = QualifiedName(op.source_table, op.kw.get("source_schema"))
    key = key_of_foreign_key(op.constraint_name, op.local_cols)
    known.table(table).foreign_keys[key] = set(op.local_cols)


def _constraint_dropped(known: SchemaState, op: ops.DropConstraintOp) -> None:
    table, name = known.table(_of(op)), str(op.constraint_name)
    facts: tuple[dict[str, Any], ...] = (
        table.foreign_keys,
        table.checks,
        table.indexes,
    )
    for each in facts:
        each.pop(name, None)


def _domain_altered(known: SchemaState, act: effects.AlterDomain) -> None:
    known.domains.add(plain(act.name))


def _type_made(known: SchemaState, act: effects.MakeType) -> None:
    known.new_types.add(plain(act.name))
    if act.has_checks:
        known.domains.add(plain(act.name))


def _our_index(known: SchemaState, op: CreateIndexConcurrentlyOp) -> None:
    spec = op.spec
    condition = spec.options.get("postgresql_where")
    table, name = known.table(spec.table), str(spec.name)
    table.put_index(name, spec.columns, condition)
    if op.later:
        table.queued.add(name)
        return
    table.queued.discard(name)
    known.definitions.setdefault(_name_of(spec), spec)


def _our_key(known: SchemaState, op: CreatePrimaryKeyConcurrentlyOp) -> None:
    spec = op.spec
    known.table(spec.table).put_key(op.name, spec.plain_columns or (), "primary")


def _our_unique(known: SchemaState, op: CreateUniqueConstraintConcurrentlyOp) -> None:
    spec = op.spec
    known.table(spec.table).put_key(op.name, spec.plain_columns or (), "unique")


def _our_foreign_key(known: SchemaState, op: CreateForeignKeyTwoPhaseOp) -> None:
    known.table(op.table).foreign_keys[op.name] = set(op.shape.columns)


def _our_check(known: SchemaState, op: CreateCheckConstraintTwoPhaseOp) -> None:
    known.table(op.table).checks[op.name] = op.condition


def _our_not_null(known: SchemaState, op: AddNotNullTwoPhaseOp) -> None:
    known.table(op.table).not_null.add(op.column)


def _our_alteration(known: SchemaState, op: AlterColumnSafelyOp) -> None:
    if op.type is not None:
        known.table(op.table).types[op.column] = op.type


def _our_type(known: SchemaState, op: ContractAlterColumnTypeOp) -> None:
    table = known.table(op.table)
    if op.is_renamed:
        table.rename_column(op.column, op.new_column)
    table.types[op.new_column] = op.type


def _our_null(known: SchemaState, op: DropNotNullOp) -> None:
    known.table(op.table).not_null.discard(op.column)


_KEEP_INDEXES = (
    AddNotNullTwoPhaseOp,
    CreateForeignKeyTwoPhaseOp,
    CreateIndexConcurrentlyOp,
    effects.ChangeRows,
    effects.NoHarm,
    ExpandAddColumnOp,
    ops.AddColumnOp,
    ops.CreateForeignKeyOp,
    ops.CreateIndexOp,
    ops.CreateTableOp,
)
"""Operations that neither rename nor drop an index or a column."""
_NOTES: dict[type[Any], Callable[[SchemaState, Any], Any]] = {
    effects.AddKeyUsingIndex: _key_taken_over,
    effects.AlterDomain: _domain_altered,
    effects.MakeType: _type_made,
    AddNotNullTwoPhaseOp: _our_not_null,
    AlterColumnSafelyOp: _our_alteration,
    ContractAlterColumnTypeOp: _our_type,
    ContractDropColumnOp: lambda known, op: known.table(op.table).drop_column(
        op.column
    ),
    ContractDropTableOp: lambda known, op: known.tables.pop(plain(op.table), None),
    ContractRenameColumnOp: lambda known, op: known.table(op.table).rename_column(
        op.column, op.new_column
    ),
    ContractRenameTableOp: _our_table_renamed,
    CreateCheckConstraintTwoPhaseOp: _our_check,
    CreateForeignKeyTwoPhaseOp: _our_foreign_key,
    CreateIndexConcurrentlyOp: _our_index,
    CreatePrimaryKeyConcurrentlyOp: _our_key,
    CreateUniqueConstraintConcurrentlyOp: _our_unique,
    DropNotNullOp: _our_null,
    ExpandAddColumnOp: _column_expanded,
    ops.AddColumnOp: _column_added,
    ops.AlterColumnOp: _column_altered,
    ops.CreateCheckConstraintOp: _check_made,
    ops.CreateForeignKeyOp: _foreign_key_made,
    ops.CreateIndexOp: _index_made,
    ops.CreatePrimaryKeyOp: _key_made,
    ops.CreateTableOp: _table_made,
    ops.CreateUniqueConstraintOp: _unique_made,
    ops.DropColumnOp: _column_dropped,
    ops.DropConstraintOp: _constraint_dropped,
    ops.DropIndexOp: _index_dropped,
    ops.RenameTableOp: _table_renamed,
}
