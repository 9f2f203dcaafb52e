"""Notes about drops that may be renames, which only the author can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column

from alembic_zdt.autogenerate.changes.schema_context import name_of
from alembic_zdt.operations.columns.column_types import spelled


def candidates(operations: Sequence[Any]) -> dict[str, list[str]]:
    """Return the possible new names of each dropped column and table."""
    new: dict[Any, list[str]] = {}
    dropping = (ops.DropColumnOp, ops.DropTableOp)
    if not any(isinstance(op, dropping) for op in operations):
        return {}
    for op in operations:
        if type(op) is ops.AddColumnOp:
            new.setdefault(_column_like(op, op.column), []).append(str(op.column.name))
        if type(op) is ops.CreateTableOp:
            new.setdefault(_table_like(op, op), []).append(str(op.table_name))
    found: dict[str, list[str]] = {}
    for op in operations if new else ():
        if type(op) is ops.DropColumnOp:
            words = f"{name_of(op).label}.{op.column_name}"
            found[words] = new.get(_column_like(op, op.to_column()), [])
        if type(op) is ops.DropTableOp:
            found[name_of(op).label] = new.get(_table_like(op, op.reverse()), [])
    return found


def _column_like(op: Any, column: Column[Any]) -> tuple[Any, ...]:
    return ("column", name_of(op), spelled(column.type))


def _table_like(op: Any, create: ops.CreateTableOp) -> tuple[Any, ...]:
    return ("table", op.schema, frozenset(_column_names(create)))


def _column_names(create: ops.CreateTableOp) -> set[str]:
    return {str(item.name) for item in create.columns if isinstance(item, Column)}


def rename_notes(words: str, known: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a note on how to declare the rename, for each possible new name."""
    old = words.rpartition(".")[2]
    for new in known.get(words, ()):
        yield (
            f'If it is "{new}" under another name, delete these files, and write '
            f'info={{"zdt": {{"renamed_from": "{old}"}}}} in the model, or pass '
            f"--rename {words}:{new}."
        )
