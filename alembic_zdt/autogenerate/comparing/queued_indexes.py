"""Indexes that queued calls will make or drop, which autogenerate must not report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.connection.database import Database
from alembic_zdt.queueing.queue_table import FAILED, PAUSED, QUEUED, RUNNING, queue_of
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_OPEN = f"q.status IN ('{QUEUED}', '{RUNNING}', '{PAUSED}', '{FAILED}')"
_ENDED_BY: dict[type[Any], tuple[str, ...]] = {
    ops.CreateIndexOp: ("create", "replace"),
    ops.DropIndexOp: ("drop", "replace"),
}
"""The kinds of queued calls after which an operation has nothing to do."""


def hide(
    context: MigrationContext, upgrade_ops: ops.UpgradeOps, default_schema: str | None
) -> list[str]:
    """Remove operations from *upgrade_ops* whose index a queued call makes or drops.

    Returns:
        The names of these indexes, each with its queued call.
    """
    connection = context.connection
    if connection is None or not upgrade_ops.ops:
        return []
    queue = queue_of(Database(connection), settings_of(context), context)
    names = {call.name for call in queue.calls(_OPEN)} if queue.exists else set()
    found: dict[str, None] = {}

    def left(operations: Sequence[Any]) -> Iterator[Any]:
        for op in operations:
            if isinstance(op, ops.ModifyTableOps):
                op.ops = list(left(op.ops))
                if op.ops:
                    yield op
            elif name := next(_names(op, default_schema, names), None):
                found[f'index "{op.index_name}", queued as {name}'] = None
            else:
                yield op

    if names:
        upgrade_ops.ops = list(left(upgrade_ops.ops))
    return list(found)


def _names(op: Any, default_schema: str | None, names: set[str]) -> Iterator[str]:
    """Yield the queued calls after which an operation has nothing to do."""
    for verb in _ENDED_BY.get(type(op), ()):
        labels = [f"{op.schema or default_schema}.{op.index_name}"]
        if op.schema in {None, default_schema}:
            labels.append(str(op.index_name))
        for label in labels:
            if f"{verb}:{label}" in names:
                yield f"{verb}:{label}"
