"""Contracts that are written later, which autogenerate must not report again."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.autogenerate.found.directive_loading import load_directives
from alembic_zdt.operations.base import ZdtOperation

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

DEFERRED = "zdt_deferred"
"""Variable of a revision: the calls of its contract, which is written later."""

WRITTEN = "zdt_contract_of"
"""Variable of a contract: the revisions whose contract it is."""

Key = tuple[str, ...]


def called(op: Any) -> str:
    """Return the call of a directive, or any other operation's diff tuple as text."""
    return op.call if isinstance(op, ZdtOperation) else str(op.to_diff_tuple())


def key(call: str) -> Key:
    """Return the parts of a call that identify the changed object."""
    try:
        node = ast.parse(call, mode="eval").body
    except SyntaxError:
        return (call,)
    if not isinstance(node, ast.Call):
        return (call,)
    names = [ast.unparse(part) for part in (node.func, *node.args)]
    return (*names, *(ast.unparse(w) for w in node.keywords if w.arg in _TELLING))


_TELLING = {"schema", "source_schema", "referent_schema", "type_", "server_default"}


def open_deferrals(script: ScriptDirectory) -> Iterator[tuple[Script, Sequence[str]]]:
    """Yield the revisions whose contract is not written yet, oldest first."""
    revisions = list(script.walk_revisions())
    written = {each for rev in revisions for each in getattr(rev.module, WRITTEN, ())}
    for revision in reversed(revisions):
        calls = getattr(revision.module, DEFERRED, ())
        if calls and revision.revision not in written:
            yield revision, calls


def hide(context: MigrationContext, upgrade_ops: ops.UpgradeOps) -> None:
    """Remove operations of contracts that are not written yet from *upgrade_ops*."""
    script = context.script
    if script is None or not upgrade_ops.ops:
        return
    known = {key(call) for _, calls in open_deferrals(script) for call in calls}
    if not known:
        return
    load_directives(context)
    from alembic_zdt.autogenerate.changes.dispatch import changes_of  # noqa: PLC0415  # rare
    from alembic_zdt.autogenerate.changes.schema_context import schema_context  # noqa: PLC0415  # rare

    with schema_context(context) as around:
        changes = changes_of(upgrade_ops.ops, [], around)
    waiting: set[int] = set()
    found: set[int] = set()
    for change in changes:
        sources = {id(op) for op in change.sources}
        (waiting if key(called(change.up)) in known else found).update(sources)
    upgrade_ops.ops = list(_left(upgrade_ops.ops, waiting - found))


def _left(operations: Sequence[Any], hidden: set[int]) -> Iterator[Any]:
    for op in operations:
        if type(op) is ops.ModifyTableOps:
            op.ops = list(_left(op.ops, hidden))
            if op.ops:
                yield op
        elif id(op) not in hidden:
            yield op
