"""Conversion of calls to operations, including calls that send SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.checks.sql.parsing import split
from alembic_zdt.checks.sql.statements import read
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import BatchedOperations
from alembic_zdt.recording.call import Call, CreateAll

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
    """Check whether an operation is understood without reading its SQL."""
    return isinstance(operation, _SAYS_IT)


def understood(call: Call) -> list[Call]:
    """Return a call for each operation of *call*, and record the unknown parts."""
    operation = call.operation
    if isinstance(operation, BatchedOperations) and not operation.recreates:
        parts = operation.operations
        lines = call.lines or (call.line,) * len(parts)
        reasons = call.reasons or (call.assured,) * len(parts)
        return [
            replace(call, acts=(part,), line=line, assured=call.assured or reason)
            for part, line, reason in zip(parts, lines, reasons, strict=True)
        ]
    if says_it(operation):
        call.acts = (operation,)
    else:
        return _read(call)
    return [replace(call, acts=(act,)) for act in call.acts]


def _read(call: Call) -> list[Call]:
    """Return a call for each operation of the call's SQL, with its statement only."""
    call.acts, call.unread = (), []
    found = []
    for statement in (each for text in call.statements for each in split(text)):
        done, reasons = read(statement)
        words = " ".join(statement.split())[:80]
        call.unread += [f"SQL ({reason}): {words}" for reason in reasons]
        call.acts += tuple(done)
        found += [replace(call, acts=(act,), statements=[statement]) for act in done]
    return found


def acts_of_all(calls: Iterable[Call]) -> list[Any]:
    """Return the operations of all calls as one list."""
    return [act for call in calls for part in understood(call) for act in part.acts]
