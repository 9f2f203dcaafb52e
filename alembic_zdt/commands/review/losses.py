"""The data that a downgrade of a branch's revisions cannot restore.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from alembic.config import Config
from alembic.operations import ops

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.sql.effects import DropSchema, TruncateTable
from alembic_zdt.checks.understanding import acts_of_all
from alembic_zdt.commands.lint.offline_run import OfflineRun
from alembic_zdt.errors import IrreversibleOperationError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.nothing_to_drop import DropOperation
from alembic_zdt.operations.stock import made_and_gone
from alembic_zdt.phases import Phase, phase_of_call
from alembic_zdt.recording.call import RecordedRevision

_EMPTY = "empty-downgrade"
_NOT_WRITTEN = "NotImplementedError"


def losses(
    config: Config,
    recorded: Sequence[RecordedRevision],
    names: Collection[str],
    findings: Sequence[RevisionFinding],
) -> Mapping[str, Sequence[str]]:
    """Return what cannot be undone, by the id of the revision.

    Args:
        config: Alembic's configuration.
        recorded: the recorded upgrades.
        names: the ids of the revisions to look at.
        findings: the findings of the lint.
    """
    downgrades = OfflineRun(config, "heads", downgrade=True).recorded().revisions
    found: dict[str, dict[str, None]] = {name: {} for name in names}
    for each in recorded:
        if each.script.revision in found:
            found[each.script.revision] |= dict.fromkeys(_of_upgrade(each))
    for each in downgrades:
        if each.script.revision in found:
            found[each.script.revision] |= dict.fromkeys(_of_downgrade(each))
    for finding in findings:
        if finding.check == _EMPTY and finding.revision in found:
            found[finding.revision][finding.message] = None
    return {name: tuple(reasons) for name, reasons in found.items() if reasons}


def _of_upgrade(recorded: RecordedRevision) -> Iterator[str]:
    new: set[QualifiedName] = set()
    for act in acts_of_all(recorded.calls):
        yield from _lost(act, new)
        made, gone = made_and_gone(act)
        if isinstance(act, ops.RenameTableOp) and not new.intersection(gone):
            made = ()
        new = (new - set(gone)) | set(made)


def _lost(act: Any, new: Collection[QualifiedName]) -> Iterator[str]:
    match act:
        case ops.DropTableOp() if _table(act) not in new:
            yield f'The rows of "{_table(act).label}" are gone.'
        case ops.DropColumnOp() if _table(act) not in new:
            label = f"{_table(act).label}.{act.column_name}"
            yield f'The values of "{label}" are gone.'
        case TruncateTable():
            yield f"{act.description} removes all rows."
        case DropSchema():
            yield f'The tables of schema "{act.name}" are gone.'
        case DropOperation() if phase_of_call(act.directive) is Phase.CONTRACT:
            yield from _refused(act)


def _table(act: Any) -> QualifiedName:
    return QualifiedName(act.table_name, act.schema)


def _refused(directive: ZdtOperation) -> Iterator[str]:
    reverse = getattr(directive, "reverse", None)
    if reverse is not None:
        try:
            reverse()
        except IrreversibleOperationError as error:
            yield error.detail


def _of_downgrade(recorded: RecordedRevision) -> Iterator[str]:
    if recorded.refusal:
        yield f"downgrade() refuses. {recorded.refusal}"
    elif _NOT_WRITTEN in recorded.error:
        yield "downgrade() is not implemented."
