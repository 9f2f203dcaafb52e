"""Columns that are added or dropped.

Old code does not fill a new column, so the column starts as nullable unless the server
has a default for it.  New code does not fill a dropped column, so the expand revision
drops its NOT NULL first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, DefaultClause, Identity, MetaData, Table
from sqlalchemy import literal as bound

from alembic_zdt.autogenerate.changes import constraint_changes
from alembic_zdt.autogenerate.changes.change import Change, ups
from alembic_zdt.autogenerate.changes.rename_notes import rename_notes
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.sql_text import sql_text
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.operations.constraints.not_null import AddNotNullTwoPhaseOp
from alembic_zdt.operations.type_checks import is_created, is_of_type
from alembic_zdt.phases import Phase
from alembic_zdt.workflows.add_column.base import AddedColumn, Cost, Rewrites
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp
from alembic_zdt.workflows.drop_column.expand import ExpandDropColumnOp


def added(op: ops.AddColumnOp, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that add a column to a table in use."""
    table, column = name_of(op), alone(op.column)
    context.new_columns[table, str(column.name)] = Phase.EXPAND
    if column.computed is not None and not _is_virtual(table, column, context):
        yield _written_anew(table, column)
        return
    # FetchedValue marks a default of the server without its SQL.
    has_value = isinstance(column.server_default, DefaultClause | Identity)
    needs_value = not column.nullable and not has_value
    if needs_value:
        column = _nullable(column)
    phase = _phase(table, column, context)
    context.new_columns[table, str(column.name)] = phase
    safe = ExpandAddColumnOp(table.name, column, schema=table.schema)
    yield Change(safe, (safe.reverse(),), phase, _slow(phase))
    for check in _type_checks(table, op.column):
        for change in constraint_changes.check_created(check, context):
            yield replace(change, phase=phase)
    if needs_value:
        yield _not_null_at_last(table, op.column)


def alone(column: Column[Any]) -> Column[Any]:
    """Return a copy of the column without its foreign keys, checks and indexes."""
    return Column(
        column.name,
        column.type,
        *(x._copy() for x in (column.computed, column.identity) if x is not None),  # noqa: SLF001
        nullable=column.nullable,
        server_default=getattr(column.server_default, "arg", None),
        comment=column.comment,
    )


def _phase(table: QualifiedName, column: Column[Any], context: SchemaContext) -> Phase:
    declared = AddedColumn.of(table, column)
    cost = context.ask(Rewrites.of(table, declared))
    if cost is None or cost.problem:
        cost = Cost(rewrites=not declared.is_plain)
    return Phase.MIGRATE if cost.rewrites else Phase.EXPAND


def _slow(phase: Phase) -> tuple[str, ...]:
    if phase is Phase.EXPAND:
        return ()
    return ("Existing rows get their values in batches, which takes long.",)


def _is_virtual(
    table: QualifiedName, column: Column[Any], context: SchemaContext
) -> bool:
    """Check whether PostgreSQL adds the generated column without a table rewrite."""
    declared = AddedColumn.of(table, _nullable(column))
    cost = context.ask(Rewrites.of(table, declared))
    return cost is not None and not cost.rewrites and not cost.problem


def _nullable(column: Column[Any]) -> Column[Any]:
    copy = alone(column)
    copy.nullable = True
    return copy


def _written_anew(table: QualifiedName, column: Column[Any]) -> Change:
    drop = ContractDropColumnOp(table.name, str(column.name), schema=table.schema)
    stock = ops.AddColumnOp(table.name, column, schema=table.schema)
    note = (
        "PostgreSQL rewrites the whole table for a stored generated column, and blocks "
        "all reads and writes meanwhile.  On a large table add an ordinary column "
        "and fill it with op.backfill() instead."
    )
    return Change(stock, (drop,), Phase.EXPAND, (note,))


def _type_checks(
    table: QualifiedName, column: Column[Any]
) -> Iterator[ops.CreateCheckConstraintOp]:
    """Yield the CHECK constraints of a column's type, for example Boolean or Enum."""
    copy = column._copy()  # noqa: SLF001  # as Alembic does
    model = getattr(column, "table", None)
    convention = None if model is None else model.metadata.naming_convention
    metadata = MetaData(naming_convention=convention)
    owner = Table(table.name, metadata, copy, schema=table.schema)
    checks: list[Any] = list(owner.constraints)
    for check in checks:
        if is_of_type(check) and is_created(check):
            yield ops.CreateCheckConstraintOp(
                check.name, table.name, check.sqltext, schema=table.schema
            )


def _not_null_at_last(table: QualifiedName, column: Column[Any]) -> Change:
    value = _python_value(column)
    safe = AddNotNullTwoPhaseOp(
        table.name, str(column.name), backfill=value, schema=table.schema
    )
    words = f"{table.label}.{column.name}"
    note = (
        f'Existing rows get the default of the model in "{words}".'
        if value
        else (
            f'Existing rows have no value in "{words}" yet: fill them, or pass '
            "backfill= with an SQL expression."
        )
    )
    return Change(safe, (safe.reverse(),), Phase.CONTRACT, (note,))


def _python_value(column: Column[Any]) -> str | None:
    """Return the model's default for new rows as SQL, None if it is no constant."""
    default: Any = column.default
    if default is None or not getattr(default, "is_scalar", False):
        return None
    try:
        text = sql_text(bound(default.arg, column.type))
    except Exception:  # noqa: BLE001  # custom types may raise anything
        return None
    if isinstance(default.arg, float) and not math.isfinite(default.arg):
        text = f"'{text}'"
    is_plain = isinstance(default.arg, str | int)
    type_ = SqlType.of(column.type, "type_").cast
    return text if is_plain else f"CAST({text} AS {type_})"


def dropped(op: ops.DropColumnOp, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that drop a column."""
    table, column = name_of(op), op.to_column()
    name = str(column.name)
    is_needed = not column.nullable and not _has_value(column)
    if is_needed:
        expand = ExpandDropColumnOp(
            table.name, name, existing_nullable=False, schema=table.schema
        )
        back = AddNotNullTwoPhaseOp(table.name, name, schema=table.schema)
        yield Change(expand, (back,), Phase.EXPAND)
    again: Any = op.reverse()
    if is_needed:
        again.column = _nullable(again.column)
    back_again = _again(again, context)
    contract = ContractDropColumnOp(table.name, name, schema=table.schema)
    note = (
        f'The values of "{table.label}.{name}" are lost; a downgrade adds it '
        "again, without them."
    )
    notes = (note, *rename_notes(f"{table.label}.{name}", context.candidates))
    yield Change(contract, back_again, Phase.CONTRACT, notes)


def _again(op: ops.AddColumnOp, context: SchemaContext) -> tuple[Any, ...]:
    """Return the operations that add the column again, none if its type is unknown."""
    try:
        return ups(added(op, SchemaContext(context.database)))
    except UsageError:
        return ()


def _has_value(column: Column[Any]) -> bool:
    return (
        column.server_default is not None
        or column.identity is not None
        or column.computed is not None
    )
