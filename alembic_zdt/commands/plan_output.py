"""Output of a plan for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.estimates.estimate import Estimate
from alembic_zdt.estimates.estimate_text import estimate_text, size_text
from alembic_zdt.phases import Phase
from alembic_zdt.printable import counted
from alembic_zdt.recording.planned_steps import (
    Plan,
    PlannedOperation,
    PlannedRevision,
    PlannedStep,
)
from alembic_zdt.steps import RelationLock, Transaction

_SHOWN_STATEMENTS = 8


def as_text(plan: Plan) -> Iterator[str]:
    """Yield the plan line by line."""
    if not plan.revisions:
        yield "Nothing to run."
        return
    for revision in plan.revisions:
        yield _title(revision, plan)
        if not revision.operations:
            yield "  nothing to run"
        numbers = iter(range(1, 1 + sum(1 for _ in revision.steps)))
        for operation in revision.operations:
            yield from _operation(operation, numbers)
        yield ""
    yield from _summary(plan)


def _title(revision: PlannedRevision, plan: Plan) -> str:
    ends = [revision.down_revision, revision.revision]
    if plan.downgrade:
        ends.reverse()
    verb = "downgrade" if plan.downgrade else "upgrade"
    return f"{verb} {' -> '.join(ends)}{_where(revision)}, {revision.message}"


def _where(revision: PlannedRevision) -> str:
    return f" in {revision.database}" if revision.database else ""


def _operation(operation: PlannedOperation, numbers: Iterator[int]) -> Iterator[str]:
    yield f"  {operation.call}"
    if operation.note:
        yield f"    note: {operation.note}"
    for planned in operation.steps:
        yield f"    {next(numbers)}. {planned.step.purpose}{_state(planned)}"
        yield from (f"       {line}" for line in _step(planned))


def _state(planned: PlannedStep) -> str:
    return " (done already, will be skipped)" if planned.done else ""


def _step(planned: PlannedStep) -> Iterator[str]:
    step = planned.step
    for statement in step.statements[:_SHOWN_STATEMENTS]:
        yield from (f"  {line}".rstrip() for line in f"{statement};".splitlines())
    if len(step.statements) > _SHOWN_STATEMENTS:
        yield f"  ... and {len(step.statements) - _SHOWN_STATEMENTS} more statements"
    yield from (f"lock: {words}" for words in lock_texts(planned))
    yield f"scan: {', '.join(planned.scans) or 'no' if planned.known else 'unknown'}"
    yield from _estimate(planned)
    yield f"transaction: {step.transaction.value}"
    if planned.skipped_when:
        yield f"skipped when {planned.skipped_when}"
    if planned.note:
        yield f"note: {planned.note}"


def _estimate(planned: PlannedStep) -> Iterator[str]:
    if planned.estimate is not None:
        yield f"size: {size_text(planned.estimate)}"
        yield f"estimate: {estimate_text(planned.estimate)}"


def lock_texts(planned: PlannedStep) -> Iterator[str]:
    """Yield each lock of a step with its effect on other sessions."""
    if not planned.known:
        yield "unknown"
    elif not planned.step.locks:
        yield "none on existing tables"
    for lock in planned.step.locks:
        yield f"{lock}, {_effect(planned, lock)}"


def _effect(planned: PlannedStep, lock: RelationLock) -> str:
    if planned.is_new(lock):
        return "a new table, blocks no session"
    return f"blocks {lock.mode.blocks}"


def _summary(plan: Plan) -> Iterator[str]:
    """Yield the number of steps, and the steps that need attention."""
    steps = [planned for revision in plan.revisions for planned in revision.steps]
    done = sum(1 for planned in steps if planned.done)
    skipped = f", {done} of them done already" if done else ""
    yield (
        f"{counted(len({each.revision for each in plan.revisions}), 'revision')}, "
        f"{counted(len(steps), 'step')}{skipped}."
    )
    for revision in plan.revisions:
        for number, planned in enumerate(revision.steps, 1):
            warning = _warning(planned)
            if warning and not planned.done:
                name = f"{revision.revision}{_where(revision)}"
                yield f"look at {name}, step {number}: {warning}"
    if not plan.downgrade:
        yield from _times(plan.revisions)


def _times(revisions: Sequence[PlannedRevision]) -> Iterator[str]:
    """Yield when to run the revisions, unless all of them are expands."""
    by_time: dict[str, list[str]] = {}
    for revision in revisions:
        name = f"{revision.revision}{_where(revision)}"
        by_time.setdefault(revision.phase.when, []).append(name)
    if {revision.phase for revision in revisions} <= {Phase.EXPAND}:
        return
    for when, names in by_time.items():
        yield f"{when}: {', '.join(names)}"


def _warning(planned: PlannedStep) -> str:
    if not planned.known:
        return "its locks are not known"
    if not planned.stalling:
        return ""
    tables = ", ".join(lock.relation for lock in planned.stalling)
    effect = f"blocks {planned.blocks} on {tables}"
    if planned.scans:
        return f"{effect} while it reads all of {', '.join(planned.scans)}"
    if planned.note:
        return f"{effect}; {planned.note}"
    if planned.step.transaction is Transaction.REVISION:
        return f"{effect} while it waits for its lock, and until the transaction ends"
    return ""


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan for ``--json``."""
    return {
        "direction": "downgrade" if plan.downgrade else "upgrade",
        "asked": plan.asked,
        "reason": plan.reason or None,
        "facts": plan.facts or None,
        "revisions": [revision_json(revision) for revision in plan.revisions],
    }


def revision_json(revision: PlannedRevision) -> dict[str, Any]:
    """Return a revision of a plan for ``--json``."""
    return {
        "revision": revision.revision,
        "down_revision": revision.down_revision,
        "message": revision.message,
        "database": revision.database or None,
        "phase": revision.phase.value,
        "operations": [_operation_json(each) for each in revision.operations],
    }


def _operation_json(operation: PlannedOperation) -> dict[str, Any]:
    return {
        "call": operation.call,
        "directive": operation.recipe is not None,
        "note": operation.note or None,
        "steps": [_step_json(planned) for planned in operation.steps],
    }


def estimate_json(estimate: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate for ``--json``."""
    if estimate is None:
        return None
    return {
        "seconds": {
            "low": round(estimate.low, 3),
            "likely": round(estimate.likely, 3),
            "high": round(estimate.high, 3),
        },
        "table_bytes": estimate.size.bytes,
        "table_rows": estimate.size.rows,
        "wal_bytes": estimate.wal,
        "disk_bytes": estimate.disk,
        "disk_until": estimate.until or None,
        "source": estimate.source,
        "measured": estimate.samples,
    }


def _step_json(planned: PlannedStep) -> dict[str, Any]:
    step = planned.step
    locks = [
        {
            "mode": lock.mode.value,
            "relation": lock.relation,
            "kind": lock.kind,
            "blocks": lock.mode.blocks,
            "new_table": planned.is_new(lock),
        }
        for lock in step.locks
    ]
    return {
        "purpose": step.purpose,
        "statements": list(step.statements),
        "locks": locks if planned.known else None,
        "blocks": planned.blocks if planned.known else None,
        "scans": list(planned.scans) if planned.known else None,
        "transaction": step.transaction.name.lower(),
        "skipped_when": planned.skipped_when or None,
        "done": planned.done,
        "estimate": estimate_json(planned.estimate),
        "note": planned.note or None,
    }
