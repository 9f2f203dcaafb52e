"""Renames in their phases, and the changes that must wait for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate.changes.change import Change, relation
from alembic_zdt.autogenerate.changes.schema_context import (
    PhasesOfColumns,
    SchemaContext,
)
from alembic_zdt.autogenerate.found.rename import FoundRename
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.calls.sql_text import item_text
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.phases import Phase
from alembic_zdt.workflows.column_type.expand import ExpandAlterColumnTypeOp
from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp
from alembic_zdt.workflows.rename_column.expand import (
    ExpandRenameColumnOp,
)
from alembic_zdt.workflows.rename_column.migrate import MigrateRenameColumnOp
from alembic_zdt.workflows.rename_table.contract import ContractRenameTableOp
from alembic_zdt.workflows.rename_table.expand import ExpandRenameTableOp


def renamed(op: FoundRename, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes that rename a table or a column."""
    found = op.rename
    if found.is_table:
        old, new = (QualifiedName(n, found.schema) for n in (found.old, found.new))
        context.present_names[new] = old
        yield from _table(old, new)
        return
    table = QualifiedName(found.table, found.schema)
    context.renamed_columns[table, found.new] = Phase.CONTRACT
    names, schema = (found.table, found.old, found.new), found.schema
    expand = ExpandRenameColumnOp(*names, schema=schema)
    migrate = MigrateRenameColumnOp(*names, schema=schema)
    contract = ContractRenameColumnOp(*names, schema=schema)
    yield Change(expand, (expand.reverse(),), Phase.EXPAND)
    yield Change(migrate, (), Phase.MIGRATE)
    yield Change(contract, tuple(contract.reverse().ops), Phase.CONTRACT)


def _table(old: QualifiedName, new: QualifiedName) -> Iterator[Change]:
    expand = ExpandRenameTableOp(old.name, new.name, schema=old.schema)
    contract = ContractRenameTableOp(old.name, new.name, schema=old.schema)
    takes = frozenset({relation(new, new.name)})
    yield Change(expand, (expand.reverse(),), Phase.EXPAND, takes=takes)
    yield Change(
        contract,
        (contract.reverse(),),
        Phase.CONTRACT,
        frees=frozenset({relation(old, old.name)}),
    )


def refuse_new_types(changes: Sequence[Change]) -> None:
    """Refuse to change a column's type while its table is renamed.

    Raises:
        UsageError: a column of a renamed table gets another type.
    """
    renames = [c.up for c in changes if isinstance(c.up, ExpandRenameTableOp)]
    new = {op.new: op for op in renames}
    for change in changes:
        op: Any = change.up
        is_typed = isinstance(op, ExpandAlterColumnTypeOp) or (
            isinstance(op, AlterColumnSafelyOp) and op.type is not None
        )
        if not is_typed or op.table not in new:
            continue
        raise UsageError(
            f'cannot rename table "{new[op.table].old.label}" to "{op.table.label}" '
            f'and change the type of "{op.column}" in one step',
            detail=(
                "While a view shows the table under its old name, PostgreSQL refuses "
                "to change the type of a column."
            ),
            hint="Rename the table in one revision, and change the type in another.",
            table=op.table.label,
            column=op.column,
        )


def waiting(
    op: Any, changes: Iterable[Change], context: SchemaContext
) -> Iterator[Change]:
    """Yield the changes, each in the phase of the columns of *op* or a later one.

    The twin of a renamed column gets the values of the original.  The constraints and
    indexes stay on the original until the contract, so their changes wait for the
    contract.  An expression over a column that gets another type is written for that
    type.
    """
    new = list(_mentioned(op, context.new_columns))
    if any(_mentioned(op, context.renamed_columns)):
        new.append(Phase.CONTRACT)
    new += _mentioned(op, context.retyped_columns, is_plain_too=False)
    for change in changes:
        phases = [change.phase or Phase.EXPAND, *new]
        yield replace(change, phase=max(phases)) if new else change


def _mentioned(
    op: Any, columns: PhasesOfColumns, *, is_plain_too: bool = True
) -> Iterator[Phase]:
    """Yield the phase of each of *columns* that an operation mentions.

    Args:
        op: the operation.
        columns: the columns that are looked for.
        is_plain_too: whether a column counts that is not part of an expression.
    """
    for part in _parts(op):
        named: list[str] | None = None
        for table in _tables_of(part):
            for column, phase in columns.of(table):
                named = list(_columns(part)) if named is None else named
                word = re.compile(rf"(?<![\w$]){re.escape(quote(column))}(?![\w$])")
                plain = {column, quote(column)}
                others = [name for name in named if name not in plain]
                is_plain = is_plain_too and len(others) < len(named)
                if is_plain or any(word.search(name) for name in others):
                    yield phase


def _parts(op: Any) -> Iterator[Any]:
    """Yield the operation, or both operations of a replacement."""
    yield from (op.drop, op.create) if hasattr(op, "drop") else (op,)


def _tables_of(op: Any) -> set[str]:
    """Return the names of the tables that an operation changes."""
    own = getattr(op, "source_table", None) or getattr(op, "table_name", None)
    other = getattr(op, "referent_table", None)
    return {str(name) for name in (own, other) if name}


def _columns(op: Any) -> Iterator[str]:
    """Yield the columns, or expressions over them, that an operation mentions."""
    yield str(getattr(op, "column_name", ""))
    for column in getattr(op, "columns", None) or ():
        yield item_text(column)
    yield from getattr(op, "local_cols", None) or ()
    yield from getattr(op, "remote_cols", None) or ()
    if isinstance(op, ops.CreateCheckConstraintOp):
        yield str(op.condition)
    kw = getattr(op, "kw", None) or {}
    yield str(kw.get("postgresql_where", ""))
    yield from (str(name) for name in kw.get("postgresql_include") or ())
