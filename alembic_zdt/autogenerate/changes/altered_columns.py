"""Changes of a column's type, default, NOT NULL and comment, each in its phase."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from alembic.operations import ops
from sqlalchemy import Computed, Identity
from sqlalchemy.types import TypeEngine

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.catalog.value_kinds import ValueKind, kind_of_sql, needs_zone
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.alter_column import AlterColumnSafelyOp
from alembic_zdt.operations.altered_column import AlterationQuestion, statements
from alembic_zdt.operations.column_types import SqlType, spelled
from alembic_zdt.operations.not_null import AddNotNullTwoPhaseOp, DropNotNullOp
from alembic_zdt.operations.time_zones import in_utc
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
    if op.modify_type is not None:
        yield from _retyped(op) if is_retyped else _typed(op)
    # PostgreSQL requires NOT NULL before an identity, which Alembic leaves out.
    is_identity = isinstance(op.modify_server_default, Identity)
    is_tightened = op.modify_nullable is False or bool(
        is_identity and op.existing_nullable
    )
    is_late = is_identity and is_tightened
    if op.modify_server_default is not False and not is_late:
        yield _with_default(op, after_swap=is_retyped)
    if is_tightened:
        yield _not_null(op, context)
    if is_late:
        yield replace(_with_default(op, after_swap=True), phase=Phase.CONTRACT)
    if op.modify_comment is not False:
        yield _only(op, "modify_comment", phase=None)


def _nullable(op: ops.AlterColumnOp) -> Change:
    safe = DropNotNullOp(op.table_name, op.column_name, schema=op.schema)
    return Change(safe, (safe.reverse(),), Phase.EXPAND)


def _not_null(op: ops.AlterColumnOp, context: SchemaContext) -> Change:
    value = context.backfills.get((name_of(op), op.column_name))
    safe = AddNotNullTwoPhaseOp(
        op.table_name, op.column_name, backfill=value, schema=op.schema
    )
    note = (
        f'It is refused while "{safe.table.words}.{safe.column}" holds NULLs: fill '
        "them, or pass backfill= with an SQL expression."
    )
    return Change(safe, (safe.reverse(),), Phase.CONTRACT, (note,))


def _only(op: ops.AlterColumnOp, part: str, phase: Phase | None) -> Change:
    """Return the change that makes only one modification of the stock operation."""
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


def _retyped(op: ops.AlterColumnOp) -> Iterator[Change]:
    using = op.kw.get("postgresql_using")
    zoned = None if using else _in_utc(op)
    expressions = zoned or (using, using and _cast_back(op))
    options: dict[str, Any] = {
        "existing_type": op.existing_type,
        "schema": op.schema,
        "using": expressions[0],
        "reverse_using": expressions[1],
    }
    new: TypeEngine[Any] | None = op.modify_type
    column = (op.table_name, op.column_name, new)
    expand = ExpandAlterColumnTypeOp(*column, **options)  # type: ignore[arg-type]
    migrate = MigrateAlterColumnTypeOp(*column, **options)  # type: ignore[arg-type]
    contract = ContractAlterColumnTypeOp(*column, **options)  # type: ignore[arg-type]
    notes = (_ZONE.format(name_of(op).words, op.column_name),) if zoned else ()
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
    "After it each prepared statement that returns the column fails once in an open "
    "session: recycle the connection pools."
)
_ZONE = (
    'Which time zone the values of "{}.{}" are in is not known: UTC is a guess. Write '
    "the right one, in all phases."
)
_WAY_BACK = (
    "Where the old type holds less, the downgrade is refused on a table of over a "
    "megabyte: go back in three phases, with op.expand_alter_column_type()."
)


# -------------------------------------------------------------------------- default


def _with_default(op: ops.AlterColumnOp, *, after_swap: bool) -> Change:
    old, new = op.existing_server_default, op.modify_server_default
    if _is_generated(old) or _is_generated(new):
        # Old code may omit the column while PostgreSQL generates its value.
        phase = Phase.CONTRACT if new is None else Phase.EXPAND
        change = _only(op, "modify_server_default", phase)
        # Alembic would write DROP DEFAULT instead of DROP IDENTITY.
        drop = ops.ExecuteSQLOp(
            f"ALTER TABLE {name_of(op).sql} ALTER COLUMN {quote(op.column_name)}"
            " DROP IDENTITY IF EXISTS"
        )
        if isinstance(new, Identity) and not _is_generated(old):
            change = replace(change, down=(drop,))
        if isinstance(old, Identity) and not _is_generated(new):
            change = replace(change, up=drop)
        return replace(change, notes=(_GENERATED,), repeatable=False)
    safe = AlterColumnSafelyOp(
        op.table_name,
        op.column_name,
        server_default=_argument(new),
        existing_server_default=_argument(old or None),
        schema=op.schema,
    )
    is_dropped = new is None
    phase = Phase.CONTRACT if is_dropped or after_swap else Phase.EXPAND
    words = f"{safe.words}"
    note = _DROPPED if is_dropped else (_CHANGED if old else _ADDED)
    return Change(safe, (safe.reverse(),), phase, (note.format(words),))


def _is_generated(default: Any) -> bool:
    return isinstance(default, Computed | Identity)


def _argument(default: Any) -> Any:
    """Return the argument of a ``DefaultClause``, or any other value unchanged."""
    return getattr(default, "arg", default)


_GENERATED = (
    "An identity or a generated value is changed as Alembic writes it, under ACCESS "
    "EXCLUSIVE and without our lock strategy."
)
_ADDED = (
    'Code that leaves "{}" out writes the default from then on; old code, too, which '
    "wrote NULL so far."
)
_CHANGED = (
    'Code that leaves "{}" out writes the old default until this has run, and the new '
    "one from then on, whichever version of it is running."
)
_DROPPED = 'Code that leaves "{}" out writes NULL from then on, or fails.'
