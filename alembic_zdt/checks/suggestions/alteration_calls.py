"""Safe calls for ``alter_column()``, which may make several changes at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Computed, Identity

from alembic_zdt.checks.sql.sql_types import is_written
from alembic_zdt.checks.suggestions.phased_calls import (
    PhasedCall,
    in_phases,
    schema_named,
)
from alembic_zdt.checks.type_changes import is_free, is_plain_cast, type_before
from alembic_zdt.operations.calls.written_call import written_arguments, written_call
from alembic_zdt.operations.columns.alter_column import AlterColumnSafelyOp
from alembic_zdt.phases import Phase

if TYPE_CHECKING:
    from alembic_zdt.checks.context import CheckContext

_CHANGES: dict[str, tuple[Any, str]] = {
    "modify_name": (None, "the name"),
    "modify_type": (None, "the type"),
    "modify_nullable": (None, "NOT NULL"),
    "modify_server_default": (False, "the default"),
    "modify_comment": (False, "the comment"),
}
_GENERATED = (Computed, Identity)


def lost_in_alteration(
    op: ops.AlterColumnOp, context: CheckContext | None
) -> Iterator[str]:
    """Yield the changes that no directive has an argument for."""
    changed = [
        words
        for name, (usual, words) in _CHANGES.items()
        if getattr(op, name) is not usual
    ]
    if len(changed) > 1 and op.modify_name is not None:
        yield f"{' and '.join(changed)} in one call"
    if isinstance(op.modify_server_default, _GENERATED):
        yield "a generated value of an existing column"
    if op.modify_type is not None and _using(op) and not is_free(op, context):
        yield "USING without reverse_using=, the expression for the old type"


def _using(op: ops.AlterColumnOp) -> bool:
    """Check whether values are converted by more than a cast to the new type."""
    return bool(op.kw.get("postgresql_using")) and not is_plain_cast(op)


def altered(
    op: ops.AlterColumnOp, context: CheckContext | None
) -> Iterator[PhasedCall]:
    """Yield the calls for all changes, in the order in which they can run."""
    place = (op.table_name, op.column_name)
    schema = schema_named(op)
    if op.modify_name is not None:
        yield from in_phases("rename_column", (*place, op.modify_name), schema)
        return
    is_retyped = op.modify_type is not None and not is_free(op, context)
    if op.modify_nullable:
        yield Phase.EXPAND, written_call("drop_not_null", place, schema)
    if op.modify_type is not None:
        existing = {"existing_type": _existing_type(op, context)}
        if is_retyped:
            names = (*place, op.modify_type)
            yield from in_phases("alter_column_type", names, existing | schema)
        else:
            changed = {"type_": op.modify_type} | existing | schema
            yield Phase.EXPAND, written_call("alter_column_safely", place, changed)
    if op.modify_server_default is not False:
        # Old code relies on the default; the new type's default fits after the swap.
        is_late = is_retyped or op.modify_server_default is None
        phase = Phase.CONTRACT if is_late else Phase.EXPAND
        yield phase, _with_default(op)
    if op.modify_nullable is False:
        yield Phase.CONTRACT, written_call("add_not_null_two_phase", place, schema)
    if op.modify_comment is not False:
        yield Phase.CONTRACT, _with_comment(op)


def _existing_type(op: ops.AlterColumnOp, context: CheckContext | None) -> Any:
    known = type_before(op, context)
    return known if is_written(known) else None


def _with_default(op: ops.AlterColumnOp) -> str:
    default = getattr(op.modify_server_default, "arg", op.modify_server_default)
    return AlterColumnSafelyOp(
        op.table_name, op.column_name, server_default=default, schema=op.schema or None
    ).call


def _with_comment(op: ops.AlterColumnOp) -> str:
    """Return Alembic's own call, which blocks no reads or writes."""
    place = ", ".join(written_arguments((op.table_name, op.column_name), {}))
    schema = f", schema={op.schema!r}" if op.schema else ""
    return f"op.alter_column({place}, comment={op.modify_comment!r}{schema})"
