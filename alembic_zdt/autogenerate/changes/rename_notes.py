"""Notes about drops that may be renames, which only the author can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column

from alembic_zdt.autogenerate.changes.schema_context import name_of
from alembic_zdt.operations.column_types import spelled


def candidates(operations: Sequence[Any]) -> dict[str, list[str]]:
    """Return the possible new names of each dropped column and table."""
    found: dict[str, list[str]] = {}
    for op in operations:
        if type(op) is ops.DropColumnOp:
            words = f"{name_of(op).words}.{op.column_name}"
            found[words] = list(_columns_like(op, operations))
        if type(op) is ops.DropTableOp:
            found[name_of(op).words] = list(_tables_like(op, operations))
    return found


def _columns_like(drop: ops.DropColumnOp, operations: Sequence[Any]) -> Iterator[str]:
    type_ = spelled(drop.to_column().type)
    added = (op for op in operations if type(op) is ops.AddColumnOp)
    for op in added:
        if name_of(op) == name_of(drop) and spelled(op.column.type) == type_:
            yield str(op.column.name)


def _tables_like(drop: ops.DropTableOp, operations: Sequence[Any]) -> Iterator[str]:
    columns = _column_names(drop.reverse())
    created = (op for op in operations if type(op) is ops.CreateTableOp)
    for op in created:
        if op.schema == drop.schema and _column_names(op) == columns:
            yield str(op.table_name)


def _column_names(create: ops.CreateTableOp) -> set[str]:
    return {str(item.name) for item in create.columns if isinstance(item, Column)}


def rename_notes(words: str, known: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a note for each possible new name: how to declare the rename."""
    old = words.rpartition(".")[2]
    for new in known.get(words, ()):
        yield (
            f'If it is "{new}" under another name, delete these files, and write '
            f'info={{"zdt": {{"renamed_from": "{old}"}}}} in the model, or --rename '
            f"{words}:{new}."
        )
