"""The docstring of a revision file: when to run it, its changes and its locks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import name_of
from alembic_zdt.autogenerate.writing.planned import Planned
from alembic_zdt.errors import OfflineUnsupportedError, ZdtError
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import stock_locks
from alembic_zdt.phases import Phase
from alembic_zdt.runner.script.render import offline_server
from alembic_zdt.settings import Settings
from alembic_zdt.steps import RelationLock, Step, Transaction

_WIDTH = 86
_HARMLESS = "Blocks neither reads nor writes."
_WHEN = {
    Phase.EXPAND: "Run it before the new code is deployed.  The running code keeps "
    "working.",
    Phase.MIGRATE: "Run it before the new code is deployed.  It may take long; the "
    "running code keeps working.",
    Phase.CONTRACT: "Run it after every old process is gone.",
}


class Message(str):  # noqa: SLOT000  # it has one more attribute
    """A revision's message, short in the file name and complete in the file."""

    text: str

    @classmethod
    def of(cls, title: str | None, short: str, text: str) -> Message:
        """Build a message: *short* names the file, the rest forms the docstring."""
        message = cls(short)
        message.text = f"{title or 'empty message'}\n\n{text}"
        return message

    def __str__(self) -> str:
        return self.text


def docstring(plan: Planned) -> str:
    """Return when to run a revision, what it does and which locks it takes."""
    changes = [change for part in plan.parts for change in part.changes]
    lines = [f"Phase {plan.phase.value}.  {_WHEN[plan.phase]}"]
    text = "\n".join(textwrap.wrap(lines[0], _WIDTH))
    items = "\n".join(_item(change) for change in changes if change.up is not None)
    return _safe(f"{text}\n\n{items}")


def _safe(text: str) -> str:
    """Escape characters in names that would end the docstring."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _item(change: Change) -> str:
    words = [f"{_purpose(change.up)}.", *_lock_words(change.up), *change.notes]
    return textwrap.fill(
        " ".join(words), _WIDTH, initial_indent="* ", subsequent_indent="  "
    )


def _purpose(op: Any) -> str:
    if isinstance(op, ZdtOperation):
        return _upper(op.purpose)
    describe = _STOCK.get(type(op))
    return describe(op) if describe else f"Run {type(op).__name__}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


_STOCK = {
    ops.AddColumnOp: lambda op: f'Add column "{name_of(op).label}.{op.column.name}"',
    ops.AlterColumnOp: lambda op: (
        f'{_altered(op)} column "{name_of(op).label}.{op.column_name}"'
    ),
    ops.CreateIndexOp: lambda op: f'Create index "{op.index_name}" on the new table',
    ops.CreateTableOp: lambda op: f'Create table "{name_of(op).label}"',
    ops.CreateTableCommentOp: lambda op: f'Comment on table "{name_of(op).label}"',
    ops.DropTableCommentOp: lambda op: (
        f'Drop the comment on table "{name_of(op).label}"'
    ),
}


def _altered(op: ops.AlterColumnOp) -> str:
    return "Change" if op.modify_comment is False else "Comment on"


def _lock_words(op: Any) -> Iterator[str]:
    if isinstance(op, ops.CreateTableOp | ops.CreateIndexOp):
        yield "No session uses the table yet."
        return
    if not isinstance(op, ZdtOperation):
        yield from _stock_words(op)
        return
    try:
        steps = op.steps(offline_server(Settings()))
    except (OfflineUnsupportedError, ZdtError):
        return
    yield from _step_words(steps)


def _stock_words(op: Any) -> Iterator[str]:
    found = stock_locks(op)
    if found is None:
        return
    stalling = [lock for lock in found.locks if lock.mode.stalls_application]
    for lock in stalling:
        yield f"Takes {lock}, which blocks {lock.mode.blocks}."
    if not stalling:
        yield _HARMLESS


def _step_words(steps: Sequence[Step]) -> Iterator[str]:
    """Yield sentences about the locks that block reads or writes, and about batches."""
    moments = dict.fromkeys(
        str(lock) for step in steps for lock in step.locks if _is_moment(step, lock)
    )
    if moments:
        yield f"Takes {_listed(list(moments))} for a moment."
    if any(step.transaction is Transaction.BATCHES for step in steps):
        yield "Rows are filled in short transactions."
    if not moments and not any(_stalls(step) for step in steps):
        yield _HARMLESS
    elif any(_is_long(step) for step in steps):
        yield "The long steps block neither reads nor writes."


def _is_moment(step: Step, lock: RelationLock) -> bool:
    return step.transaction is Transaction.SHORT and lock.mode.stalls_application


def _stalls(step: Step) -> bool:
    return any(lock.mode.stalls_application for lock in step.locks)


def _is_long(step: Step) -> bool:
    return bool(step.scans) or step.transaction is not Transaction.SHORT


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
