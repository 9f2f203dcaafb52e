"""What a call does: its operation says it, or its SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from alembic_zdt.checks.recording.call import Call, CreateAll
from alembic_zdt.checks.sql.acts import ControlTransaction
from alembic_zdt.checks.sql.statements import read
from alembic_zdt.operations._base import ZdtOperation
from alembic_zdt.operations.stock import Batch

_SAYS_IT = (
    ControlTransaction,
    CreateAll,
    ZdtOperation,
    ops.AlterTableOp,
    ops.AddConstraintOp,
    CreateExcludeConstraintOp,
    ops.BulkInsertOp,
    ops.CreateIndexOp,
    ops.CreateTableOp,
    ops.DropConstraintOp,
    ops.DropIndexOp,
    ops.DropTableOp,
)


def says_it(operation: Any) -> bool:
    """Whether the operation itself tells what it does, and not its SQL alone."""
    return isinstance(operation, _SAYS_IT)


def understood(call: Call) -> list[Call]:
    """A call for each thing that it does; what is not known is noted in it."""
    operation = call.operation
    if isinstance(operation, Batch) and not operation.recreates:
        parts = operation.operations
        lines = call.lines or (call.line,) * len(parts)
        each_line = zip(parts, lines, strict=True)
        return [replace(call, acts=(part,), line=line) for part, line in each_line]
    if says_it(operation):
        call.acts = (operation,)
    else:
        call.unread = []
        call.acts = tuple(_read(call))
    return [replace(call, acts=(act,)) for act in call.acts]


def _read(call: Call) -> list[Any]:
    found: list[Any] = []
    for statement in call.statements:
        done, reasons = read(statement)
        found += done
        words = " ".join(statement.split())[:80]
        call.unread += [f"SQL ({reason}): {words}" for reason in reasons]
    return found


def acts_of_all(calls: Iterable[Call]) -> list[Any]:
    """What calls do, one after the other."""
    return [act for call in calls for part in understood(call) for act in part.acts]
