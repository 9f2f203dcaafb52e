"""As few revisions as possible for the changes; the first one is Alembic's."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from alembic import util
from alembic.operations import ops
from sqlalchemy import Column

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.dispatch import changes_of
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.autogenerate.comparing.deferred import called
from alembic_zdt.autogenerate.writing.docstrings import Message, docstring
from alembic_zdt.autogenerate.writing.planned import Part, Planned
from alembic_zdt.names import LONGEST_REVISION_ID, QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.created_table import domain_of
from alembic_zdt.operations.enums.enum_change import enum_of
from alembic_zdt.phases import Phase

_RANDOM_ID = re.compile(r"[0-9a-f]{12}\Z")


def planned(
    up: ops.UpgradeOps, down: ops.DowngradeOps, around: SchemaContext
) -> list[Planned]:
    """Plan one revision for each phase, or more if a re-run of one would fail."""
    changes = changes_of(up.ops, down.ops, around)
    phases = [change.phase for change in changes if change.phase is not None]
    first = min(phases, default=Phase.EXPAND)
    tokens = (up.upgrade_token, down.downgrade_token)
    return [
        Planned(phase, [Part(group, *tokens)])
        for phase in Phase
        for group in _restartable([c for c in changes if (c.phase or first) is phase])
    ]


def merged(plans: Sequence[Planned], more: Sequence[Planned]) -> list[Planned]:
    """Merge the revisions of one database with those of another one."""
    found = list(plans)
    for plan in more:
        (part,) = plan.parts
        same = [p for p in found if p.phase is plan.phase and not p.changes(part)]
        if same:
            same[0].parts.append(part)
            continue
        at = sum(not plan.phase < other.phase for other in found)
        found.insert(at, plan)
    return found


def _restartable(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Split the changes before a directive that would commit unrepeatable changes.

    A directive commits all that ran before it.  If the run is interrupted then, the
    next one begins at the top of the revision.
    """
    if all(change.repeatable for change in changes):
        if changes:
            yield list(changes)
        return
    if not any(_is_ours(change) for change in changes):
        yield list(changes)
        return
    for _ours, group in groupby(changes, _is_ours):
        yield list(group)


def _is_ours(change: Change) -> bool:
    return isinstance(change.up, ZdtOperation)


def without_contract(plans: Sequence[Planned]) -> list[Planned]:
    """Return the revisions before the contract, with its calls noted in the last one.

    A contract that has no revision before it is kept.
    """
    kept = [plan for plan in plans if plan.phase is not Phase.CONTRACT]
    if not kept:
        return list(plans)
    contracts = [plan for plan in plans if plan.phase is Phase.CONTRACT]
    changes = [c for plan in contracts for part in plan.parts for c in part.changes]
    kept[-1].deferred += [called(change.up) for change in changes]
    return kept


def scripts(
    base: ops.MigrationScript, title: str | None, plans: Sequence[Planned]
) -> list[ops.MigrationScript]:
    """Build the scripts of the plans, the first one from Alembic's own script."""
    found = [base]
    for number, plan in enumerate(plans[1:], start=1):
        before = sum(other.phase is plan.phase for other in plans[:number])
        found.append(_following(base, found[-1], plan, before + 1))
    is_in_parts = len(plans) > 1 or any(plan.deferred for plan in plans)
    for script, plan in zip(found, plans, strict=True):
        _fill(script, plan)
        described: Any = script
        described.zdt_change = str(base.rev_id) if is_in_parts else ""
        described.message = _message(title, str(base.rev_id), plan, len(plans))
    return found


def _following(
    base: ops.MigrationScript, previous: ops.MigrationScript, plan: Planned, number: int
) -> ops.MigrationScript:
    script = ops.MigrationScript(
        rev_id=_revision_id(str(base.rev_id), plan.phase, number),
        message=None,
        upgrade_ops=ops.UpgradeOps([]),
        downgrade_ops=ops.DowngradeOps([]),
        head=previous.rev_id,
        version_path=base.version_path,
        imports=set(base.imports),
    )
    setattr(script, "zdt_follows", previous)  # noqa: B010
    return script


def _revision_id(first: str, phase: Phase, number: int) -> str:
    """Return a revision id, derived from the first one if the user chose that."""
    if _RANDOM_ID.match(first):
        return str(util.rev_id())
    end = f"_{phase.value}" if number == 1 else f"_{phase.value}{number}"
    return f"{first[: LONGEST_REVISION_ID - len(end)]}{end}"


def titled(title: str, plan: Planned) -> Message:
    """Return a message that includes the docstring of the revision."""
    return Message.of(title, title, docstring(plan))


def _message(title: str | None, first: str, plan: Planned, count: int) -> Message:
    if count == 1:
        return Message.of(title, title or "", docstring(plan))
    phase = plan.phase.value
    full = f"{title} ({phase})" if title else phase
    # A chosen revision id contains the phase, and the file name contains the id.
    short = full if _RANDOM_ID.match(first) else title or phase
    return Message.of(full, short, docstring(plan))


def _fill(script: ops.MigrationScript, plan: Planned) -> None:
    upgrades, downgrades = [], []
    for part in plan.parts:
        up = [change.up for change in part.changes if change.up is not None]
        down = [op for change in reversed(part.changes) for op in change.down]
        upgrades.append(ops.UpgradeOps(together(up), upgrade_token=part.upgrade_token))
        downgrades.append(
            ops.DowngradeOps(together(down), downgrade_token=part.downgrade_token)
        )
    described: Any = script
    described.upgrade_ops, described.downgrade_ops = upgrades, downgrades
    described.zdt_phase, described.zdt_deferred = plan.phase, plan.deferred


def together(operations: Sequence[Any]) -> list[Any]:
    """Return the operations of a function, made repeatable after an interruption."""
    is_committed = any(isinstance(op, ZdtOperation) for op in operations)
    return list(
        _grouped(
            [
                _repeatable(op) if is_committed or _makes_type(op) else op
                for op in operations
            ]
        )
    )


def _makes_type(op: Any) -> bool:
    """Check whether a new table has an enum type or a domain, which may exist."""
    return isinstance(op, ops.CreateTableOp) and any(
        isinstance(each, Column)
        and (enum_of(each.type) is not None or domain_of(each.type) is not None)
        for each in op.columns
    )


def _repeatable(op: Any) -> Any:
    """Add IF NOT EXISTS or IF EXISTS, because a directive may commit the operation."""
    if isinstance(op, _WITH_IF_NOT_EXISTS) and not op.if_not_exists:
        op = copy.copy(op)
        op.if_not_exists = True
    if isinstance(op, _WITH_IF_EXISTS) and not op.if_exists:
        op = copy.copy(op)
        op.if_exists = True
    return op


_WITH_IF_NOT_EXISTS = (ops.AddColumnOp, ops.CreateIndexOp, ops.CreateTableOp)
_WITH_IF_EXISTS = (ops.DropColumnOp, ops.DropIndexOp, ops.DropTableOp)
_OF_A_TABLE = (
    ops.AddColumnOp,
    ops.AlterColumnOp,
    ops.CreateIndexOp,
    ops.CreateTableCommentOp,
    ops.DropTableCommentOp,
)


def _grouped(operations: Sequence[Any]) -> Iterator[Any]:
    """Yield stock operations on one table as a group, which Alembic's batches need."""

    def table(op: Any) -> QualifiedName | None:
        return name_of(op) if isinstance(op, _OF_A_TABLE) else None

    for name, group in groupby(operations, table):
        if name is None:
            yield from group
        else:
            yield ops.ModifyTableOps(name.name, list(group), schema=name.schema)
