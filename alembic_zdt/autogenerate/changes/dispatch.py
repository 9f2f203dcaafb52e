"""Conversion of Alembic's operations to changes, one database at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate.changes import (
    altered_columns,
    column_changes,
    constraint_changes,
    creations,
    enum_changes,
    index_changes,
    replacements,
    table_changes,
)
from alembic_zdt.autogenerate.changes.change import Change, without_repeats
from alembic_zdt.autogenerate.changes.foreign import phase_of_foreign
from alembic_zdt.autogenerate.changes.order import in_possible_order
from alembic_zdt.autogenerate.changes.rename_notes import candidates
from alembic_zdt.autogenerate.changes.renames import (
    refuse_new_types,
    renamed,
    waiting,
)
from alembic_zdt.autogenerate.changes.replacements import Replacement
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.autogenerate.found.alterations import FoundAlteration
from alembic_zdt.autogenerate.found.enum_values import FoundEnumValue, is_of_plugin
from alembic_zdt.autogenerate.found.rename import FoundRename
from alembic_zdt.autogenerate.found.sequences_and_domains import FoundObject
from alembic_zdt.errors import IrreversibleOperationError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import phase_of_call

_ONE: dict[type[Any], Callable[[Any, SchemaContext], Iterable[Change]]] = {
    FoundAlteration: creations.altered,
    FoundEnumValue: enum_changes.changed,
    FoundObject: creations.created,
    ops.AddColumnOp: column_changes.added,
    ops.AlterColumnOp: altered_columns.altered,
    ops.CreateIndexOp: index_changes.created,
    ops.DropColumnOp: column_changes.dropped,
    ops.DropConstraintOp: constraint_changes.dropped,
    ops.DropIndexOp: index_changes.dropped,
    **constraint_changes.CREATED,
}
_KNOWN = {
    *_ONE,
    FoundRename,
    ops.CreateTableOp,
    ops.CreateTableCommentOp,
    ops.DropTableCommentOp,
    ops.DropTableOp,
}


def changes_of(
    upgrade: Sequence[Any], downgrade: Sequence[Any], context: SchemaContext
) -> list[Change]:
    """Return the changes for autogenerate's operations, each after those it needs."""
    flat = list(flattened(upgrade))
    drops = [op for op in flat if type(op) is ops.DropTableOp]
    context.gone |= {name_of(drop) for drop in drops}
    context.candidates = candidates(flat)
    back = _ways_back(flat, list(flattened(downgrade)))
    found = [
        *_in_place(flat, context, back),
        *_dropped_tables(flat, drops, context),
    ]
    changes = in_possible_order(without_repeats(found))
    refuse_new_types(changes)
    return changes


def _ways_back(
    flat: Sequence[Any], downgrade: Sequence[Any]
) -> dict[int, tuple[Any, ...]]:
    """Return the downgrade operations of other hooks, by the id of their upgrade.

    A hook that adds to an upgrade has to add to the downgrade, too, in reverse order:
    the first of its upgrade operations gets the last of its downgrade operations.  If
    the numbers differ, the first upgrade operation gets all of them.
    """
    ups = [op for op in flat if is_foreign(op)]
    downs = [op for op in downgrade if is_foreign(op)]
    if len(ups) == len(downs):
        return {id(up): (down,) for up, down in zip(ups, reversed(downs), strict=True)}
    first = (ups or flat)[:1]
    return {id(op): tuple(downs) for op in first}


def is_foreign(op: Any) -> bool:
    """Check whether an operation comes from neither autogenerate nor this package."""
    return type(op) not in _KNOWN and not isinstance(op, ZdtOperation)


def flattened(operations: Iterable[Any]) -> Iterator[Any]:
    """Yield the operations, with the content of table containers in their place."""
    for op in operations:
        if type(op) is ops.ModifyTableOps:
            yield from flattened(op.ops)
        else:
            yield op


def _in_place(
    flat: Sequence[Any], context: SchemaContext, back: dict[int, tuple[Any, ...]]
) -> Iterator[Change]:
    """Yield all changes except those of dropped tables, which come last."""
    new = _indexes_of_new_tables(flat)
    late: list[tuple[Any, Any]] = []
    # What is created may use the new names and the new values.
    for op in sorted(replacements.paired(flat), key=_rank):
        if type(op) is ops.CreateTableOp:
            late += [(key, op) for key in table_changes.keys_to_others(op, context)]
        sources = (op.drop, op.create) if isinstance(op, Replacement) else (op,)
        for change in _changes(op, new, context, back):
            yield replace(change, sources=sources)
    for key, table in late:
        made = constraint_changes.foreign_key_created(key, context)
        for change in waiting(key, made, context):
            yield replace(change, sources=(table,))
    yield from _comments(flat)
    if flat and not is_foreign(flat[0]) and id(flat[0]) in back:
        yield Change(None, back[id(flat[0])], None, repeatable=False)


def _comments(flat: Sequence[Any]) -> Iterator[Change]:
    """Yield the comments on constraints of new tables."""
    for op in flat:
        if type(op) is ops.CreateTableOp:
            for change in table_changes.comments(op):
                yield replace(change, sources=(op,))


def _rank(op: Any) -> int:
    if isinstance(op, FoundRename):
        return 0
    return 1 if isinstance(op, _FIRST) or is_of_plugin(op) else 2


_FIRST = (FoundEnumValue, FoundObject)


def _changes(
    op: Any,
    new: dict[QualifiedName, list[Any]],
    context: SchemaContext,
    back: dict[int, tuple[Any, ...]],
) -> Iterator[Change]:
    if isinstance(op, Replacement):
        yield from waiting(op, replacements.replaced(op, context), context)
    elif type(op) is ops.CreateTableOp:
        yield from table_changes.created(op, new[name_of(op)], context)
    elif is_of_plugin(op):
        yield from enum_changes.of_other_plugin(op, context, back.get(id(op), ()))
    elif is_foreign(op):
        phase = phase_of_foreign(op)
        yield Change(op, back.get(id(op), ()), phase, repeatable=False)
    elif isinstance(op, FoundRename):
        yield from renamed(op, context)
    elif not _goes_with_a_table(op, new, context):
        yield from waiting(op, _change(op, context), context)


def _indexes_of_new_tables(flat: Sequence[Any]) -> dict[QualifiedName, list[Any]]:
    found: dict[QualifiedName, list[Any]] = {
        name_of(op): [] for op in flat if type(op) is ops.CreateTableOp
    }
    for op in flat:
        if type(op) is ops.CreateIndexOp and name_of(op) in found:
            found[name_of(op)].append(op)
    return found


def _goes_with_a_table(
    op: Any, new: Collection[QualifiedName], context: SchemaContext
) -> bool:
    if type(op) is ops.DropTableOp:
        return True
    if type(op) is ops.CreateIndexOp:
        return name_of(op) in new
    return type(op) is ops.DropIndexOp and name_of(op) in context.gone


def _change(op: Any, context: SchemaContext) -> Iterator[Change]:
    convert = _ONE.get(type(op))
    if convert is not None:
        yield from convert(op, context)
    elif isinstance(op, ZdtOperation):
        yield Change(op, _way_back(op), phase_of_call(op.directive))
    else:
        yield Change(op, (op.reverse(),), None)


def _way_back(op: ZdtOperation) -> tuple[Any, ...]:
    """Return the reverse of another hook's directive, nothing if it is irreversible."""
    try:
        return (op.reverse(),)
    except IrreversibleOperationError:
        return ()


def _dropped_tables(
    flat: Sequence[Any], drops: Sequence[Any], context: SchemaContext
) -> Iterator[Change]:
    own: dict[QualifiedName, list[Any]] = {}
    for op in flat:
        if type(op) is ops.DropIndexOp and op.table_name:
            own.setdefault(name_of(op), []).append(op)
    yield from table_changes.all_dropped(drops, own, context)
