"""Safe calls for an operation, each with its phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate.changes.dispatch import changes_of
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.errors import ZdtError
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
from alembic_zdt.phases import Phase

PhasedCall = tuple[Phase, str]


class NoCallError(Exception):
    """A refusal, because no call does all that an operation does; the text says why."""


def schema_named(op: Any) -> dict[str, Any]:
    """Return the argument for the schema, if the operation names one."""
    return {"schema": op.schema} if op.schema else {}


def if_exists_named(op: Any) -> dict[str, Any]:
    """Return the option ``if_exists``, if the operation has it; Alembic 1.16 on."""
    return {"if_exists": True} if getattr(op, "if_exists", None) else {}


def in_phases(
    what: str,
    names: tuple[Any, ...],
    named: dict[str, Any],
    phases: Iterable[Phase] = Phase,
) -> Iterator[PhasedCall]:
    """Yield the call of each phase of a workflow.

    Args:
        what: the directives' name without the phase, such as ``rename_table``.
        names: the positional arguments.
        named: the arguments with names.
        phases: the phases that the workflow has.
    """
    for phase in phases:
        yield phase, written_call(f"{phase.value}_{what}", names, named)


def as_autogenerate(operation: Any) -> Iterator[PhasedCall]:
    """Yield the calls that autogenerate would write if it had no database to ask."""
    try:
        changes = changes_of([operation], [], SchemaContext())
    except (ZdtError, ValueError, NotImplementedError):  # a part is missing
        return
    calls: dict[Phase, list[str]] = {}
    for change in changes:
        if isinstance(change.up, ZdtOperation):
            calls.setdefault(change.phase or Phase.EXPAND, []).append(change.up.call)
    for phase in sorted(calls):
        yield from ((phase, call) for call in calls[phase])


def made(op: Any) -> Iterator[PhasedCall]:
    """Yield the calls that create an index or a constraint."""
    if isinstance(op, ops.CreateIndexOp):
        yield from index(op)
    elif isinstance(op, ops.CreateUniqueConstraintOp):
        yield from unique(op)
    else:
        yield from as_autogenerate(op)


def index(op: ops.CreateIndexOp) -> Iterator[PhasedCall]:
    """Yield the call that builds an index, with ``op.f()`` around a final name."""
    safe = CreateIndexConcurrentlyOp.from_stock(op)
    (_, *others), named = safe.arguments()
    call = written_call(safe.directive, (op.index_name, *others), named)
    yield Phase.EXPAND, call


def unique(op: ops.CreateUniqueConstraintOp) -> Iterator[PhasedCall]:
    """Yield the call for a unique constraint, even if its index has options."""
    if not any(name in op.kw for name in _OF_INDEX):
        yield from as_autogenerate(op)
        return
    names = (op.constraint_name, op.table_name, list(op.columns))
    named = {"schema": op.schema or None} | op.kw
    call = written_call("create_unique_constraint_concurrently", names, named)
    yield Phase.EXPAND, call


_OF_INDEX = ("postgresql_tablespace", "postgresql_with")
