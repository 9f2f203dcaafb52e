"""The safe calls for one of Alembic's, ready to paste.

They do all that the unsafe one does.  If a directive has no argument for a part of
it, a comment names that part, and no call is suggested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import __version__
from sqlalchemy.exc import ArgumentError

from alembic_zdt.checks.default_names import is_unnamed, with_its_name
from alembic_zdt.checks.known_table import KnownTable
from alembic_zdt.checks.sql.remainder import kept_beside
from alembic_zdt.checks.suggestions.alteration_calls import altered, lost_in_alteration
from alembic_zdt.checks.suggestions.column_calls import added_column, lost_in_column
from alembic_zdt.checks.suggestions.phased_calls import (
    NoCallError,
    PhasedCall,
    if_exists_named,
    in_phases,
    made,
    schema_named,
)
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.phases import Phase

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.checks.context import CheckContext


def instead_of(operation: Any, context: CheckContext | None = None) -> str:
    """Return the safe calls, one a line, with the phase if there are several.

    Return nothing if there are none: the reason of the check has the suggestion.
    Return a comment if no call does all that the operation does.

    Args:
        operation: an operation of Alembic, or one that was parsed from SQL.
        context: the facts around it, for the names that the convention gives.
    """
    lost = [*kept_beside(operation), *_without_argument(operation, context)]
    if lost:
        return _no_ready_call(lost)
    named = with_its_name(_in_schema(operation), _migration(context))
    if is_unnamed(named):
        return f"{NO_READY_CALL} the constraint needs a name"
    try:
        calls = list(_written(named, context))
    except NoCallError as error:
        return f"{NO_READY_CALL} {error}"
    except (ZdtError, ValueError):  # for example, of a name that is too long
        return ""
    except ArgumentError as error:  # of an option that is newer than this SQLAlchemy
        return f"{NO_READY_CALL} SQLAlchemy {__version__} refuses it: {error}"
    calls.sort(key=lambda call: call[0])  # stable: what is made first comes first
    is_several = len({phase for phase, _ in calls}) > 1
    return "\n".join(
        f"{call}  # {phase.value}" if is_several else call for phase, call in calls
    )


def _in_schema(operation: Any) -> Any:
    """Return the operation with None in place of an empty schema."""
    if getattr(operation, "schema", None) != "":
        return operation
    copied = copy(operation)
    copied.schema = None
    return copied


def ready(operation: Any, call: str) -> str:
    """Return the call of a check, or a comment if it lacks a part of the operation."""
    lost = kept_beside(operation)
    return _no_ready_call(lost) if lost else call


def _no_ready_call(lost: Sequence[str]) -> str:
    return f"{NO_READY_CALL} no directive has an argument for {', '.join(lost)}"


NO_READY_CALL = "# No ready call:"


def _migration(context: CheckContext | None) -> MigrationContext | None:
    return context.migration if context else None


def _without_argument(operation: Any, context: CheckContext | None) -> Iterator[str]:
    """Yield the parts of Alembic's call that no directive has an argument for."""
    match operation:
        case ops.AddColumnOp():
            yield from lost_in_column(operation)
        case ops.AlterColumnOp():
            yield from lost_in_alteration(operation, context)
        case ops.CreatePrimaryKeyOp(kw=kw):
            yield from (name for name, value in kw.items() if value)


def _written(operation: Any, context: CheckContext | None) -> Iterator[PhasedCall]:
    """Yield the safe calls, by default the calls that autogenerate would write."""
    match operation:
        case ops.AddColumnOp():
            yield from added_column(operation, _migration(context))
        case ops.AlterColumnOp():
            yield from altered(operation, context)
        case ops.DropColumnOp():
            yield from _dropped_column(operation, context)
        case _:
            write = _BY_HAND.get(type(operation), made)
            yield from write(operation)


def _dropped_column(
    op: ops.DropColumnOp, context: CheckContext | None
) -> Iterator[PhasedCall]:
    names, schema = (op.table_name, op.column_name), schema_named(op)
    option = if_exists_named(op)
    table = QualifiedName(op.table_name, op.schema)
    known = context.known.table(table) if context else KnownTable()
    for name, type_ in known.goes_with(op.column_name):
        # The expand drops NOT NULL, which a primary key needs.
        phase = Phase.EXPAND if type_ == "primary" else Phase.CONTRACT
        what = "drop_constraint_safely" if type_ else "drop_index_concurrently"
        own = (name, op.table_name, *([type_] if type_ else []))
        yield phase, written_call(what, own, schema)
    yield Phase.EXPAND, written_call("expand_drop_column", names, schema)
    yield Phase.CONTRACT, written_call("contract_drop_column", names, schema | option)


def _renamed_table(op: ops.RenameTableOp) -> Iterator[PhasedCall]:
    names = (op.table_name, op.new_table_name)
    yield from in_phases("rename_table", names, schema_named(op), _NOT_MIGRATE)


_NOT_MIGRATE = (Phase.EXPAND, Phase.CONTRACT)


def _dropped_index(op: ops.DropIndexOp) -> Iterator[PhasedCall]:
    names = (str(op.index_name), *([op.table_name] if op.table_name else []))
    named = schema_named(op) | if_exists_named(op)
    yield Phase.EXPAND, written_call("drop_index_concurrently", names, named)


_BY_HAND: dict[type[Any], Callable[[Any], Iterator[PhasedCall]]] = {
    ops.DropIndexOp: _dropped_index,
    ops.RenameTableOp: _renamed_table,
}
