"""Constraints, each added before or after the deploy.

Old code may violate a new CHECK, foreign key or NOT NULL, and new code does not need
them.  So they are added after the deploy.  New code that upserts needs its unique
constraint, which is added before the deploy.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import ClauseElement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, conv

from alembic_zdt.autogenerate.changes.change import (
    DUPLICATES,
    Change,
    constraint,
    relation,
    ups,
)
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.names import QualifiedName, default_constraint_name
from alembic_zdt.operations.constraints.check_constraint import (
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.foreign_key import CreateForeignKeyTwoPhaseOp
from alembic_zdt.operations.constraints.primary_key import (
    CreatePrimaryKeyConcurrentlyOp,
)
from alembic_zdt.operations.constraints.unique_constraint import (
    CreateUniqueConstraintConcurrentlyOp,
)
from alembic_zdt.operations.indexes.index_ddl import kept
from alembic_zdt.phases import Phase

_OF_CREATE_TABLE = ("use_alter", "postgresql_not_valid")
_PARTITIONED = (
    "PostgreSQL can add a {} to a partitioned table in one way only, which blocks "
    "reads and writes while its index is built."
)


_ByIndex = type[CreateUniqueConstraintConcurrentlyOp | CreatePrimaryKeyConcurrentlyOp]


def unique_created(
    op: ops.CreateUniqueConstraintOp, context: SchemaContext
) -> Iterator[Change]:
    """Yield the change that adds a unique constraint."""
    made = CreateUniqueConstraintConcurrentlyOp
    yield _by_index(op, made, Phase.EXPAND, context, (DUPLICATES,))


def primary_key_created(
    op: ops.CreatePrimaryKeyOp, context: SchemaContext
) -> Iterator[Change]:
    """Yield the change that adds a primary key, in the contract phase.

    Its columns become NOT NULL, which old code may violate.
    """
    yield _by_index(op, CreatePrimaryKeyConcurrentlyOp, Phase.CONTRACT, context)


def _by_index(
    op: Any,
    directive: _ByIndex,
    phase: Phase,
    context: SchemaContext,
    notes: tuple[str, ...] = (),
) -> Change:
    """Return the change that adds a constraint with an index of its own."""
    op = with_name(op)
    table = QualifiedName(op.table_name, op.schema)
    if context.is_partitioned(table):
        note = _PARTITIONED.format(directive.label)
        return Change(op, (op.reverse(),), phase, (note,), repeatable=False)
    safe = directive.from_stock(op)
    names = frozenset({constraint(table, safe.name), relation(table, safe.name)})
    return Change(safe, (safe.reverse(),), phase, notes, takes=names)


def foreign_key_created(
    op: ops.CreateForeignKeyOp, context: SchemaContext
) -> Iterator[Change]:
    """Yield the change that adds a foreign key; it is an expand on new columns."""
    table = table_of(op)
    is_named = isinstance(op.constraint_name, str)
    op = with_name(op)
    # Neither has a meaning for a constraint that is added to a table and validated.
    op.kw = {k: v for k, v in op.kw.items() if k not in _OF_CREATE_TABLE}
    if not is_named:
        op.constraint_name = context.name_of_its_own(table, named(op))
    safe = CreateForeignKeyTwoPhaseOp.from_stock(op)
    is_new = table in context.made or context.are_new(table, op.local_cols)
    phase = Phase.EXPAND if is_new else Phase.CONTRACT
    name = constraint(table, safe.name)
    yield Change(safe, (safe.reverse(),), phase, takes=frozenset({name}))


def check_created(
    op: ops.CreateCheckConstraintOp, context: SchemaContext
) -> Iterator[Change]:
    """Yield the change that adds a CHECK; it is an expand on new columns."""
    table = QualifiedName(op.table_name, op.schema)
    columns = _columns_of(op.condition)
    op = with_name(op)
    safe = CreateCheckConstraintTwoPhaseOp.from_stock(op)
    is_new = bool(columns) and context.are_new(table, columns)
    phase = Phase.EXPAND if is_new else Phase.CONTRACT
    name = constraint(table, safe.name)
    yield Change(safe, (safe.reverse(),), phase, takes=frozenset({name}))


def _columns_of(condition: Any) -> Sequence[str]:
    if not isinstance(condition, ClauseElement):
        return ()
    found = visitors.iterate(condition)
    return sorted({str(x.name) for x in found if isinstance(x, ColumnClause)})


def dropped(op: ops.DropConstraintOp, context: SchemaContext) -> Iterator[Change]:
    """Yield the change that drops a constraint.

    New code may violate a CHECK, so it is dropped before the deploy.  Old code may need
    a unique constraint for an upsert or the cascade of a foreign key, so these are
    dropped after it.
    """
    safe = DropConstraintSafelyOp.from_stock(op)
    names = {constraint(safe.table, safe.name), relation(safe.table, safe.name)}
    is_check = op.constraint_type == "check"
    phase = Phase.EXPAND if is_check else Phase.CONTRACT
    down = ups(_again(op, context))
    yield Change(safe, down, phase, frees=frozenset(names))


def _again(op: ops.DropConstraintOp, context: SchemaContext) -> Iterator[Change]:
    stock: Any = op.reverse()
    yield from CREATED[type(stock)](stock, context)


CREATED: dict[type[Any], Any] = {
    ops.CreateCheckConstraintOp: check_created,
    ops.CreateForeignKeyOp: foreign_key_created,
    ops.CreatePrimaryKeyOp: primary_key_created,
    ops.CreateUniqueConstraintOp: unique_created,
}


def table_of(op: Any) -> QualifiedName:
    """Return the table of a constraint or an index."""
    if isinstance(op, ops.CreateForeignKeyOp):
        return QualifiedName(op.source_table, op.kw.get("source_schema"))
    return QualifiedName(str(op.table_name), op.schema)


def named(op: Any) -> Any:
    """Return a constraint's name, or the one that the server would choose."""
    if isinstance(op.constraint_name, str):
        return kept(op.constraint_name, "constraint")
    columns, label = _parts_of_name(op)
    # conv() keeps a naming convention from changing the name.
    return conv(default_constraint_name(table_of(op).name, columns, label))


def with_name(op: Any) -> Any:
    """Return a copy of the operation that has a name."""
    copied = copy.copy(op)
    copied.constraint_name = named(op)
    return copied


def _parts_of_name(op: Any) -> tuple[str, str]:
    if isinstance(op, ops.CreateForeignKeyOp):
        return "_".join(op.local_cols), "fkey"
    if isinstance(op, ops.CreateCheckConstraintOp):
        columns = _columns_of(op.condition)
        return columns[0] if len(columns) == 1 else "", "check"
    if isinstance(op, ops.CreatePrimaryKeyOp):
        return "", "pkey"
    return "_".join(str(column) for column in op.columns), "key"
