"""The objects that a change creates, removes and needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, Computed

from alembic_zdt.autogenerate.changes import foreign
from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.constraint_changes import table_of
from alembic_zdt.autogenerate.changes.schema_context import name_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.operations.constraints.constraint_from_index import ConstraintFromIndex
from alembic_zdt.operations.constraints.existing_constraint import (
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.foreign_key import CreateForeignKeyTwoPhaseOp
from alembic_zdt.operations.constraints.rename_constraint import (
    RenameConstraintSafelyOp,
)
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.indexes.rename_index import RenameIndexSafelyOp
from alembic_zdt.operations.indexes.replace_index import ReplaceIndexConcurrentlyOp
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp
from alembic_zdt.workflows.column_type.contract import ContractAlterColumnTypeOp
from alembic_zdt.workflows.drop_column.contract import ContractDropColumnOp
from alembic_zdt.workflows.drop_table.contract import ContractDropTableOp
from alembic_zdt.workflows.enum_value.remove import RemoveEnumValueOp
from alembic_zdt.workflows.rename_column.contract import ContractRenameColumnOp

Key = tuple[Any, ...]


@dataclass
class Needs:
    """The objects that a change creates, removes and needs.

    Attributes:
        makes: the objects that the operation creates.
        needs: the objects that must exist before; a change that creates one comes
            first.
        leaves: the objects that the operation stops using.
        removes: the objects that nothing may use any more; a change that stops using
            one comes first.
    """

    makes: set[Key] = field(default_factory=set)
    needs: set[Key] = field(default_factory=set)
    leaves: set[Key] = field(default_factory=set)
    removes: set[Key] = field(default_factory=set)


def needs_of(changes: Sequence[Change]) -> list[Needs]:
    """Return the needs of each change, in their order."""
    found = [_own(change) for change in changes]
    _add_mentions(changes, found)
    return found


def _own(change: Change) -> Needs:
    found = Needs(makes=set(change.frees), needs=set(change.takes))
    add = _OWN.get(type(change.up))
    if add is not None:
        add(change, found)
    return found


# -------------------------------------------------------------- tables and their parts


def _column(table: QualifiedName, name: Any) -> Key:
    # In small letters, as the words of an expression are compared.
    return ("column", table, str(name).lower())


def _final(table: QualifiedName, name: Any) -> Key:
    """Return the key of a column with its new name or type, not of its twin."""
    return ("final column", table, str(name).lower())


def _key(table: QualifiedName, columns: Any) -> Key:
    return ("key", table, frozenset(str(column) for column in columns))


def _table_made(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.makes.add(("table", name_of(up)))


def _table_dropped(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.removes.add(("table", up.table))
    for op in change.down:  # it makes the foreign keys that go with the table
        if isinstance(op, CreateForeignKeyTwoPhaseOp):
            found.leaves |= _referred(op.shape.referent, op.shape.referent_columns)


def _column_added(change: Change, found: Needs) -> None:
    up: Any = change.up
    table = name_of(up) if type(up) is ops.AddColumnOp else up.table
    column: Column[Any] = up.column
    found.makes.add(_column(table, column.name))
    if isinstance(column.computed, Computed):
        used = _columns_in(column.computed, table, column.name)
        found.needs |= used | {_final(*key[1:]) for key in used}


def _column_swapped(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.makes.add(_final(up.table, up.new_column))


def _column_dropped(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.removes |= {_column(up.table, up.column), _parts(up.table)}
    for op in change.down:
        computed = getattr(getattr(op, "column", None), "computed", None)
        found.leaves |= _columns_in(computed, up.table, up.column)


def _columns_in(computed: Computed | None, table: QualifiedName, own: Any) -> set[Key]:
    """Return the keys of the columns that a generated column *own* may mention."""
    words = set() if computed is None else foreign.words_of(str(computed.sqltext))
    return {_column(table, word) for word in words} - {_column(table, own)}


def _key_made(change: Change, found: Needs) -> None:
    up: Any = change.up
    columns = up.spec.plain_columns or ()
    found.needs |= {_column(up.spec.table, name) for name in columns}
    found.makes.add(_key(up.spec.table, columns))
    if not isinstance(up, CreateIndexConcurrentlyOp) or up.spec.unique:
        found.leaves |= _guards("unique", up.spec.table, columns)


def _foreign_key_made(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.needs.add(_key(up.shape.referent, up.shape.referent_columns))
    found.leaves |= _guards("foreign key", up.table, up.shape.columns)


def _referred(parent: QualifiedName, columns: Sequence[str]) -> set[Key]:
    """Return what a foreign key needs of the other table."""
    names = {_column(parent, name) for name in columns}
    return {("table", parent), _key(parent, columns), *names}


def _guards(kind: str, table: QualifiedName, columns: Any) -> set[Key]:
    """Return keys that put a new constraint before the drop of the one it replaces."""
    return {(kind, table, str(column)) for column in columns}


def _constraint_dropped(change: Change, found: Needs) -> None:
    for source in change.sources:
        old = _again(source)
        if old is not None:
            found.leaves.add(_parts(table_of(old)))
        if isinstance(old, ops.CreateForeignKeyOp):
            parent = QualifiedName(old.referent_table, old.kw.get("referent_schema"))
            found.leaves |= _referred(parent, old.remote_cols)
            found.removes |= _guards("foreign key", table_of(old), old.local_cols)
        elif isinstance(old, ops.CreateUniqueConstraintOp | ops.CreatePrimaryKeyOp):
            found.removes.add(_key(table_of(old), old.columns))
            found.removes |= _guards("unique", table_of(old), old.columns)
        elif isinstance(old, ops.CreateIndexOp) and old.unique:
            names = [getattr(column, "name", column) for column in old.columns]
            found.removes.add(_key(table_of(old), names))
            found.removes |= _guards("unique", table_of(old), names)


def _exchange_ended(change: Change, found: Needs) -> None:
    """Add what the downgrade of the last step of an exchange needs.

    It makes the old index or constraint again, before the other steps are reversed.
    """
    for op in change.down:
        if isinstance(op, CreateForeignKeyTwoPhaseOp):
            found.leaves |= _referred(op.shape.referent, op.shape.referent_columns)
            found.leaves.add(_parts(op.table))
        elif isinstance(op, CreateIndexConcurrentlyOp | ConstraintFromIndex):
            found.leaves.add(_parts(op.spec.table))


def _part_changed(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.leaves.add(_parts(up.table))


def _index_replaced(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.leaves.add(_parts(up.spec.table))


def _value_removed(change: Change, found: Needs) -> None:
    up: Any = change.up
    found.removes.add(_parts(up.table))


def _parts(table: QualifiedName) -> Key:
    """Return the key of all defaults, indexes and constraints of a table.

    Their expressions may name a column or an enum value that goes.
    """
    return ("parts", table)


def _again(source: Any) -> Any:
    try:
        return source.reverse() if isinstance(source, _DROPS) else None
    except ValueError:  # written by hand
        return None


_DROPS = (ops.DropConstraintOp, ops.DropIndexOp)
_OWN: dict[type[Any], Callable[[Change, Needs], None]] = {
    ops.CreateTableOp: _table_made,
    ops.AddColumnOp: _column_added,
    ExpandAddColumnOp: _column_added,
    ContractAlterColumnTypeOp: _column_swapped,
    ContractDropColumnOp: _column_dropped,
    ContractDropTableOp: _table_dropped,
    ContractRenameColumnOp: _column_swapped,
    CreateForeignKeyTwoPhaseOp: _foreign_key_made,
    CreateIndexConcurrentlyOp: _key_made,
    DropConstraintSafelyOp: _constraint_dropped,
    DropIndexConcurrentlyOp: _constraint_dropped,
    AlterColumnSafelyOp: _part_changed,
    ReplaceIndexConcurrentlyOp: _index_replaced,
    RemoveEnumValueOp: _value_removed,
    **dict.fromkeys((RenameConstraintSafelyOp, RenameIndexSafelyOp), _exchange_ended),
    **dict.fromkeys(ConstraintFromIndex.__subclasses__(), _key_made),
}


# ------------------------------------------------------- objects of other packages


def _add_mentions(changes: Sequence[Change], found: Sequence[Needs]) -> None:
    """Add the objects that changes mention, if a change is from another package."""
    others = [foreign.object_of(c.up) for c in changes if _is_foreign(c.up)]
    names = {name for name in others if name is not None}
    if not others:
        return
    keys = {key for each in found for key in each.makes | each.removes}
    for change, needs in zip(changes, found, strict=True):
        if _is_foreign(change.up):
            _add_uses(change.up, needs, keys, names)
        else:
            _add_used(change, needs, names)


def _add_used(change: Change, found: Needs, names: AbstractSet[str]) -> None:
    """Add the objects of other packages that a change uses, or stops using."""
    words = foreign.words_of(_text(change.up))
    found.needs |= {("object", name) for name in words & names}
    for op in change.down:
        words |= foreign.words_of(_text(op))
    found.leaves |= {("object", name) for name in words & names}


def _add_uses(
    op: Any, found: Needs, keys: AbstractSet[Key], names: AbstractSet[str]
) -> None:
    """Add what an operation of another package creates, removes and uses."""
    name, is_remover = foreign.object_of(op), foreign.is_remover(op)
    if name is not None:
        (found.removes if is_remover else found.makes).add(("object", name))
    words = foreign.words_of(foreign.sql_of(op))
    used = {key for key in keys if _is_in(key, words)}
    used |= {("object", word) for word in words & names if word != name}
    (found.leaves if is_remover else found.needs).update(used)


def _is_in(key: Key, words: AbstractSet[str]) -> bool:
    if key[0] not in ("table", "column"):
        return False
    return {key[1].name.lower(), *(name.lower() for name in key[2:])} <= words


def _is_foreign(op: Any) -> bool:
    if op is None or isinstance(op, ZdtOperation):
        return False
    return type(op) not in _STOCK


_STOCK = (
    ops.AddColumnOp,
    ops.AlterColumnOp,
    ops.CreateIndexOp,
    ops.CreatePrimaryKeyOp,
    ops.CreateTableCommentOp,
    ops.CreateTableOp,
    ops.CreateUniqueConstraintOp,
    ops.DropTableCommentOp,
)


def _text(op: Any) -> str:
    """Return the parts of an operation that may name objects, as one text."""
    if isinstance(op, ZdtOperation):
        return op.call
    parts = [op.column] if isinstance(op, ops.AddColumnOp) else []
    parts += getattr(op, "columns", ())
    options = (getattr(op, "kw", None) or {}).values()
    return " ".join([*map(_item_text, parts), *map(str, options)])


def _item_text(item: Any) -> str:
    if isinstance(item, Column):
        default = getattr(item.server_default, "arg", "")
        computed = item.computed.sqltext if item.computed is not None else ""
        return f"{item.type!r} {default} {computed}"
    return str(getattr(item, "sqltext", item))
