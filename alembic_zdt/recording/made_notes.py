"""The effect of each operation on the tables that the revisions have made.

https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, Index

from alembic_zdt.checks.sql import effects
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.operations.constraints.check_constraint import (
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
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
from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.stock import BatchedOperations
from alembic_zdt.recording.made_tables import (
    INDEX,
    PUBLIC,
    MadeObjects,
    unknown,
    written_default,
)
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp
from alembic_zdt.workflows.drop_table.contract import ContractDropTableOp
from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp
from alembic_zdt.workflows.rename_column.expand import ExpandRenameColumnOp
from alembic_zdt.workflows.rename_table.contract import ContractRenameTableOp


def note(made: MadeObjects, operation: Any, context: Any = None) -> None:
    """Record the objects that an operation creates; ignore unreadable operations."""
    if isinstance(operation, BatchedOperations):
        for each in operation.operations:
            note(made, each, context)
        return
    change = _NOTES.get(type(operation))
    if change is not None:
        made.version += 1
        try:
            change(made, operation, context)
        except Exception:  # noqa: BLE001  # of a name or type that is no such thing
            return


Note = Callable[[MadeObjects, Any, Any], None]


def _table_made(made: MadeObjects, op: ops.CreateTableOp, context: Any) -> None:
    if op.if_not_exists and made.find(op.table_name, op.schema):
        return
    bare = copy(op)  # an index belongs to the table of the call, and to no other
    bare.columns = [each for each in op.columns if not isinstance(each, Index)]
    made.make(bare.to_table(context))
    for part in op.columns:
        if isinstance(part, Column):  # of which a copy loses its foreign keys
            made.refer(op.table_name, op.schema, part)
        elif isinstance(part, Index):
            made.table(op.table_name, op.schema).index(part)


def _column_added(made: MadeObjects, op: ops.AddColumnOp, _context: Any) -> None:
    table = made.table(op.table_name, op.schema)
    column = op.column
    if str(column.name) in table.columns:
        return
    table.add(column)
    made.add_type(column.type, op.schema)
    name = str(column.name)
    for constraint in column.constraints:
        table.constrain(op.table_name, constraint)
    made.refer(op.table_name, op.schema, column)
    if column.unique and not column.index:
        facts = {"name": f"{op.table_name}_{name}_key", "column_names": [name]}
        table.constraints["unique"].append(facts)
    if column.index:
        own = {"name": f"ix_{op.table_name}_{name}", "column_names": [name]}
        table.indexes.append({**INDEX, **own, "unique": bool(column.unique)})


def _column_altered(made: MadeObjects, op: ops.AlterColumnOp, _context: Any) -> None:
    table = made.table(op.table_name, op.schema)
    facts = table.columns.setdefault(
        op.column_name, unknown(op.column_name, op.existing_type)
    )
    facts["nullable"] = _given(op.modify_nullable, facts["nullable"])
    facts["type"] = _given(op.modify_type, facts["type"])
    if op.modify_server_default is not False:
        facts["default"] = written_default(op.modify_server_default)
    if op.modify_name:
        table.rename(op.column_name, op.modify_name)


def _given(new: Any, old: Any) -> Any:
    return old if new is None else new


def _table_dropped(made: MadeObjects, op: ops.DropTableOp, _context: Any) -> None:
    made.forget(op.table_name, op.schema)


def _index_made(made: MadeObjects, op: ops.CreateIndexOp, context: Any) -> None:
    made.table(str(op.table_name), op.schema).index(op.to_index(context))


def _index_dropped(made: MadeObjects, op: ops.DropIndexOp, _context: Any) -> None:
    made.drop_named(str(op.index_name), op.schema)


def _constraint_made(made: MadeObjects, op: Any, context: Any) -> None:
    constraint = op.to_constraint(context)
    name = str(constraint.table.name)
    table = made.table(name, constraint.table.schema)
    table.constrain(name, constraint)
    for key in list(table.constraints["foreign"]):
        made.exists(key)


def _constraint_dropped(
    made: MadeObjects, op: ops.DropConstraintOp, _context: Any
) -> None:
    made.table(op.table_name, op.schema).drop_named(str(op.constraint_name))


def _our_index(made: MadeObjects, op: CreateIndexConcurrentlyOp, _context: Any) -> None:
    names = list(op.spec.plain_columns or ())
    own = {"name": str(op.spec.name), "column_names": names}
    made.of(op.spec.table).indexes.append({**INDEX, **own})


def _our_unique(made: MadeObjects, op: Any, _context: Any) -> None:
    names = list(op.spec.plain_columns or ())
    facts = {"name": op.name, "column_names": names}
    made.of(op.spec.table).constraints["unique"].append(facts)


def _our_key(made: MadeObjects, op: Any, _context: Any) -> None:
    names = list(op.spec.plain_columns or ())
    key = {"constrained_columns": names, "name": op.name}
    made.of(op.spec.table).primary_key = key


def _our_check(made: MadeObjects, op: Any, _context: Any) -> None:
    facts = {"name": op.name, "sqltext": op.condition}
    made.of(op.table).constraints["check"].append(facts)


def _our_index_dropped(made: MadeObjects, op: Any, _context: Any) -> None:
    made.drop_named(op.index.name, op.index.schema)


def _nullable(value: bool) -> Note:
    def note(made: MadeObjects, op: Any, _context: Any) -> None:
        facts = made.of(op.table).columns.get(op.column)
        if facts is not None:
            facts["nullable"] = value

    return note


def _column_twinned(made: MadeObjects, op: Any, _context: Any) -> None:
    table = made.of(op.table)
    known = table.columns.get(op.column, unknown(op.column))
    table.columns[op.new_column] = {**known, "name": op.new_column, "nullable": True}


def _our_type(made: MadeObjects, op: Any, _context: Any) -> None:
    facts = made.of(op.table).columns.setdefault(op.column, unknown(op.column))
    facts["type"] = _given(op.type, facts["type"])


def _retyped(made: MadeObjects, op: ContractAlterColumnTypeOp, context: Any) -> None:
    _our_type(made, op, context)
    if op.is_renamed:
        made.of(op.table).rename(op.column, op.new_column)


def _relation_made(made: MadeObjects, act: effects.MakeRelation, _context: Any) -> None:
    made.of(act.table)


def _value_added(made: MadeObjects, act: Any, _context: Any) -> None:
    name = act.enum if isinstance(act, AddEnumValueOp) else act.name
    labels = made.enums.setdefault((name.schema or PUBLIC, name.name), [])
    if act.value not in labels:
        labels.append(act.value)


_NOTES: dict[type[Any], Note] = {
    AddEnumValueOp: _value_added,
    AddNotNullTwoPhaseOp: _nullable(False),
    AlterColumnSafelyOp: _our_type,
    ContractAlterColumnTypeOp: _retyped,
    ContractDropColumnOp: lambda made, op, _: made.of(op.table).drop(op.column),
    ContractDropTableOp: lambda made, op, _: _forgotten(made, op.table),
    ContractRenameColumnOp: lambda made, op, _: made.of(op.table).rename(
        op.column, op.new_column
    ),
    ContractRenameTableOp: lambda made, op, _: made.rename(op.old, op.new.name),
    CreateCheckConstraintTwoPhaseOp: _our_check,
    CreateForeignKeyTwoPhaseOp: lambda made, op, c: _constraint_made(made, op.stock, c),
    CreateIndexConcurrentlyOp: _our_index,
    CreatePrimaryKeyConcurrentlyOp: _our_key,
    CreateUniqueConstraintConcurrentlyOp: _our_unique,
    DropConstraintSafelyOp: lambda made, op, _: made.of(op.table).drop_named(op.name),
    DropIndexConcurrentlyOp: _our_index_dropped,
    DropNotNullOp: _nullable(True),
    ExpandAddColumnOp: lambda made, op, _: made.of(op.table).add(op.column),
    ExpandRenameColumnOp: _column_twinned,
    effects.AddEnumValue: _value_added,
    effects.MakeRelation: _relation_made,
    ops.AddColumnOp: _column_added,
    ops.AlterColumnOp: _column_altered,
    ops.CreateCheckConstraintOp: _constraint_made,
    ops.CreateForeignKeyOp: _constraint_made,
    ops.CreateIndexOp: _index_made,
    ops.CreatePrimaryKeyOp: _constraint_made,
    ops.CreateTableOp: _table_made,
    ops.CreateUniqueConstraintOp: _constraint_made,
    ops.DropColumnOp: lambda made, op, _: made.table(op.table_name, op.schema).drop(
        op.column_name
    ),
    ops.DropConstraintOp: _constraint_dropped,
    ops.DropIndexOp: _index_dropped,
    ops.DropTableOp: _table_dropped,
    ops.RenameTableOp: lambda made, op, _: made.rename(
        QualifiedName(op.table_name, op.schema), op.new_table_name
    ),
}


def _forgotten(made: MadeObjects, table: QualifiedName) -> None:
    made.forget(table.name, table.schema)
