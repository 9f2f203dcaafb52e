"""Changes of a column's type, default, NOT NULL and comment, each in its phase."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import Computed, Identity
from sqlalchemy.types import TypeEngine

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.conversions import indirect
from alembic_zdt.autogenerate.changes.refused_types import refused_now
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.autogenerate.found.sequence_options import (
    bound_notes,
    identity_words,
)
from alembic_zdt.catalog.value_kinds import ValueKind, kind_of_sql, needs_zone
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.operations.columns.altered_column import AlterationQuestion, statements
from alembic_zdt.operations.columns.column_types import SqlType, spelled
from alembic_zdt.operations.columns.time_zones import in_utc
from alembic_zdt.operations.constraints.not_null import (
    AddNotNullTwoPhaseOp,
    DropNotNullOp,
)
from alembic_zdt.phases import Phase
from alembic_zdt.server_facts import PROBE
from alembic_zdt.workflows.column_type.contract import (
    ContractAlterColumnTypeOp,
)
from alembic_zdt.workflows.column_type.expand import ExpandAlterColumnTypeOp
from alembic_zdt.workflows.column_type.migrate import MigrateAlterColumnTypeOp

_PARTS: dict[str, Any] = {
    "modify_comment": False,
    "modify_nullable": None,
    "modify_server_default": False,
    "modify_type": None,
}
"""The arguments of an alteration, each with the value that changes nothing."""


def altered(op: ops.AlterColumnOp, context: SchemaContext) -> Iterator[Change]:
    """Yield the changes of one column's NOT NULL, type, default and comment."""
    is_retyped = op.modify_type is not None and not _is_free(op, context)
    if op.modify_nullable is True:
        yield _nullable(op)
    if op.modify_type is not None and not is_retyped:
        yield from _typed(op)
    # PostgreSQL requires NOT NULL before an identity, which Alembic leaves out.
    is_identity = isinstance(op.modify_server_default, Identity)
    is_tightened = op.modify_nullable is False or bool(
        is_identity and op.existing_nullable
    )
    is_late = is_identity and is_tightened
    has_default = op.modify_server_default is not False and not is_late
    defaults = [_with_default(op, after_swap=is_retyped)] if has_default else []
    if is_retyped:
        context.retyped_columns[name_of(op), op.column_name] = Phase.CONTRACT
        yield from _with_old_default(_retyped(op, context), defaults)
    # The old default may not fit the new type, which the column has until the end.
    yield from (replace(d, down=() if is_retyped else d.down) for d in defaults)
    if is_tightened:
        yield _not_null(op, context)
    if is_late:
        yield replace(_with_default(op, after_swap=True), phase=Phase.CONTRACT)
    if op.modify_comment is not False:
        yield _only(op, "modify_comment", phase=None)


def _with_old_default(
    changes: Iterable[Change], defaults: Sequence[Change]
) -> Iterator[Change]:
    """Yield the changes of a type; their downgrade also restores the old default."""
    first, *others = changes
    back = [op for change in defaults for op in change.down]
    yield replace(first, down=(*first.down, *back))
    yield from others


def _nullable(op: ops.AlterColumnOp) -> Change:
    safe = DropNotNullOp(op.table_name, op.column_name, schema=op.schema)
    return Change(safe, (safe.reverse(),), Phase.EXPAND)


def _not_null(op: ops.AlterColumnOp, context: SchemaContext) -> Change:
    value = context.backfills.get((name_of(op), op.column_name))
    safe = AddNotNullTwoPhaseOp(
        op.table_name, op.column_name, backfill=value, schema=op.schema
    )
    note = (
        f'It is refused while "{safe.table.label}.{safe.column}" holds NULLs: fill '
        "them, or pass backfill= with an SQL expression."
    )
    return Change(safe, (safe.reverse(),), Phase.CONTRACT, (note,))


def _only(op: ops.AlterColumnOp, part: str, phase: Phase | None) -> Change:
    """Return a change that makes only one modification of the stock operation."""
    alone = copy.copy(op)
    for name, unchanged in _PARTS.items():
        if name != part:
            setattr(alone, name, unchanged)
    return Change(alone, (alone.reverse(),), phase)


# ----------------------------------------------------------------------------- type


def _is_free(op: ops.AlterColumnOp, context: SchemaContext) -> bool:
    """Check whether PostgreSQL changes the type without a rewrite or a scan."""
    if op.kw.get("postgresql_using") or _between_zones(op):
        return False
    changes = {"modify_type": op.modify_type}
    tried = statements(QualifiedName(PROBE.name), op.column_name, changes)
    answer = context.ask(AlterationQuestion(name_of(op), op.column_name, tried))
    return answer is not None and answer.is_free and not answer.has_keys


def _typed(op: ops.AlterColumnOp) -> Iterator[Change]:
    safe = AlterColumnSafelyOp(
        op.table_name,
        op.column_name,
        type_=op.modify_type,
        existing_type=op.existing_type,
        schema=op.schema,
    )
    yield Change(safe, (safe.reverse(),), Phase.EXPAND, (_PREPARED, _WAY_BACK))


def _retyped(op: ops.AlterColumnOp, context: SchemaContext) -> Iterator[Change]:
    using = op.kw.get("postgresql_using")
    zoned = None if using else _in_utc(op)
    worded = None if using or zoned else indirect(op, context)
    expressions = zoned or worded or (using, using and _cast_back(op))
    options: dict[str, Any] = {
        "existing_type": op.existing_type,
        "schema": op.schema,
        "using": expressions[0],
        "reverse_using": expressions[1],
    }
    new: TypeEngine[Any] | None = op.modify_type
    column = (op.table_name, op.column_name, new)
    expand = ExpandAlterColumnTypeOp(*column, **options)
    migrate = MigrateAlterColumnTypeOp(*column, **options)
    contract = ContractAlterColumnTypeOp(*column, **options)
    label = f"{name_of(op).label}.{op.column_name}"
    notes: tuple[str, ...] = (_ZONE.format(label),) if zoned else ()
    notes += (_INDIRECT.format(label),) if worded else ()
    notes += refused_now(expand, name_of(op), context)
    yield Change(expand, (expand.reverse(),), Phase.EXPAND, notes)
    yield Change(migrate, (), Phase.MIGRATE)
    yield Change(contract, _inner(contract.reverse()), Phase.CONTRACT, (_PREPARED,))


def _in_utc(op: ops.AlterColumnOp) -> tuple[str, str] | None:
    kinds, column = _between_zones(op), quote(op.column_name)
    return in_utc(column, column, *kinds) if kinds else None


def _between_zones(op: ops.AlterColumnOp) -> tuple[ValueKind, ValueKind] | None:
    """Return the kinds of both types if the conversion depends on a time zone."""
    types: tuple[Any, Any] = (op.existing_type, op.modify_type)
    if None in types:
        return None
    old, new = (kind_of_sql(spelled(type_)) for type_ in types)
    return (old, new) if old and new and needs_zone(old, new) else None


def _cast_back(op: ops.AlterColumnOp) -> str:
    existing: Any = op.existing_type
    return f"{quote(op.column_name)}::{SqlType.of(existing, 'existing_type').cast}"


def _inner(container: ops.ModifyTableOps) -> tuple[Any, ...]:
    return tuple(container.ops)


_PREPARED = (
    "After this change, each prepared statement that returns the column fails once in "
    "an open session: recycle the connection pools."
)
_INDIRECT = (
    'PostgreSQL has no cast between the two types of "{}": check or correct the '
    "expressions in all phases."
)
_ZONE = (
    'The time zone of the values of "{}" is unknown, and UTC is a guess: correct it '
    "in all phases."
)
_WAY_BACK = (
    "If the old type is narrower, the downgrade is refused on a table of more than "
    "a megabyte: write it with the three phases of op.expand_alter_column_type()."
)


# -------------------------------------------------------------------------- default


def _with_default(op: ops.AlterColumnOp, *, after_swap: bool) -> Change:
    old, new = op.existing_server_default, op.modify_server_default
    if _is_generated(old) or _is_generated(new):
        # Old code may omit the column while PostgreSQL generates its value.
        phase = Phase.CONTRACT if new is None else Phase.EXPAND
        change = _only(op, "modify_server_default", phase)
        # Alembic would write DROP DEFAULT instead of DROP IDENTITY.
        drop = _action(op, "DROP IDENTITY IF EXISTS")
        if isinstance(new, Identity) and not _is_generated(old):
            change = replace(change, down=(drop,))
        if isinstance(old, Identity) and not _is_generated(new):
            change = replace(change, up=drop)
        if isinstance(old, Identity) and isinstance(new, Identity):
            # Alembic would write ADD GENERATED.
            type_: Any = op.existing_type
            up, down = (_action(op, identity_words(each, type_)) for each in (new, old))
            change = replace(change, up=up, down=(down,))
            change = replace(change, notes=bound_notes(old, new, type_))
        notes = (_GENERATED, *change.notes)
        return replace(change, notes=notes, repeatable=False)
    safe = AlterColumnSafelyOp(
        op.table_name,
        op.column_name,
        server_default=_argument(new),
        existing_server_default=_argument(old or None),
        schema=op.schema,
    )
    is_dropped = new is None
    phase = Phase.CONTRACT if is_dropped or after_swap else Phase.EXPAND
    words = f"{safe.label}"
    note = _DROPPED if is_dropped else (_CHANGED if old else _ADDED)
    return Change(safe, (safe.reverse(),), phase, (note.format(words),))


def _action(op: ops.AlterColumnOp, action: str) -> ops.ExecuteSQLOp:
    start = f"ALTER TABLE {name_of(op).sql} ALTER COLUMN {quote(op.column_name)}"
    return ops.ExecuteSQLOp(f"{start} {action}")


def _is_generated(default: Any) -> bool:
    return isinstance(default, Computed | Identity)


def _argument(default: Any) -> Any:
    """Return the argument of a ``DefaultClause``, or any other value unchanged."""
    return getattr(default, "arg", default)


_GENERATED = (
    "Alembic's own statement changes an identity or a generated value, and waits for "
    "ACCESS EXCLUSIVE without short attempts."
)
_ADDED = (
    'From then on, rows that code inserts without "{}" get the default, even from old '
    "code, whose rows had NULL before."
)
_CHANGED = (
    'Rows that code inserts without "{}" get the old default until this has run, and '
    "the new one afterwards, from old and new code."
)
_DROPPED = 'From then on, rows that code inserts without "{}" get NULL, or are refused.'
