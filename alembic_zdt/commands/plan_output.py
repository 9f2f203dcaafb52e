"""How a plan is shown: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic_zdt.commands.plan import Plan, PlannedOperation, PlannedStep
from alembic_zdt.runner.offline import NEVER_DONE


def as_text(plan: Plan) -> Iterator[str]:
    """The plan, line by line."""
    if plan.reason:
        yield f"The database was not asked ({plan.reason}); all revisions are shown."
        yield ""
    if not any(revision.operations for revision in plan.revisions):
        yield "Nothing to run."
    for revision in plan.revisions:
        title = f"{revision.down_revision} -> {revision.revision}, {revision.message}"
        yield f"Revision {title}"
        for number, operation in enumerate(revision.operations, 1):
            yield from _operation(number, operation)
        yield ""


def _operation(number: int, operation: PlannedOperation) -> Iterator[str]:
    yield f"  {number}. {operation.call}"
    for planned in operation.steps:
        yield from (f"     {line}" for line in _step(planned))


def _step(planned: PlannedStep) -> Iterator[str]:
    step = planned.step
    done = {True: " (done already, will be skipped)", False: "", None: ""}
    yield f"- {step.purpose}{done[planned.done]}"
    yield from (f"    {statement};" for statement in step.statements)
    yield f"    lock: {_locks(planned)}"
    yield f"    scan: {', '.join(step.scans) or 'no'}"
    yield f"    transaction: {step.transaction.value}"
    if step.guard.done != NEVER_DONE:
        yield f"    skipped when {step.guard.words}"
    if planned.caution:
        yield f"    note: {planned.caution}"


def _locks(planned: PlannedStep) -> str:
    if not planned.known:
        return "unknown"
    locks = [f"{lock} (blocks {lock.mode.blocks})" for lock in planned.step.locks]
    return ", ".join(locks) or "none on existing tables"


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain data; its shape is part of the public interface."""
    return {
        "asked": plan.asked,
        "reason": plan.reason or None,
        "revisions": [
            {
                "revision": revision.revision,
                "down_revision": revision.down_revision,
                "message": revision.message,
                "operations": [_operation_json(o) for o in revision.operations],
            }
            for revision in plan.revisions
        ],
    }


def _operation_json(operation: PlannedOperation) -> dict[str, Any]:
    return {
        "call": operation.call,
        "ours": operation.recipe is not None,
        "steps": [_step_json(planned) for planned in operation.steps],
    }


def _step_json(planned: PlannedStep) -> dict[str, Any]:
    step = planned.step
    locks = [
        {
            "mode": lock.mode.value,
            "relation": lock.relation,
            "kind": lock.kind,
            "blocks": lock.mode.blocks,
        }
        for lock in step.locks
    ]
    return {
        "purpose": step.purpose,
        "statements": list(step.statements),
        "locks": locks if planned.known else None,
        "blocks": step.blocks if planned.known else None,
        "scans": list(step.scans),
        "transaction": step.transaction.name.lower(),
        "skipped_when": None if step.guard.done == NEVER_DONE else step.guard.words,
        "done": planned.done,
        "note": planned.caution or None,
    }
