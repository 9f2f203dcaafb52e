"""``alembic-zdt contract``: write the contracts that are ready.

https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.operations import ops
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.dispatch import (
    changes_of,
    flattened,
    is_foreign,
)
from alembic_zdt.autogenerate.changes.schema_context import (
    SchemaContext,
    schema_context,
)
from alembic_zdt.autogenerate.comparing.deferred import Key, called, key, open_deferrals
from alembic_zdt.autogenerate.found.contracting import CONTRACTING
from alembic_zdt.autogenerate.workflows import open_workflows
from alembic_zdt.autogenerate.writing.file_text import edited
from alembic_zdt.autogenerate.writing.planned import Part, Planned
from alembic_zdt.autogenerate.writing.revisions import scripts, titled
from alembic_zdt.catalog.windows.open_windows import open_windows
from alembic_zdt.contract_gate.expands import CHANGE
from alembic_zdt.errors import UsageError
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import Phase
from alembic_zdt.printable import printable
from alembic_zdt.recording.environment import looking
from alembic_zdt.twin.window import Window
from alembic_zdt.workflows.column_type.base import RetypeOp
from alembic_zdt.workflows.rename_column.base import RenameOp

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass
class Contract:
    """The operations that end the workflows of one revision.

    Attributes:
        revision: the revision's id.
        change: the revision's ``zdt_change``, empty if it has none.
        title: the revision's message.
        ends: the operations that end the revision's workflows.
        calls: the calls that the revision left for later.
        changes: the operations to write, each with its downgrade.
    """

    revision: str
    title: str
    change: str = ""
    ends: list[ZdtOperation] = field(default_factory=list)
    calls: Sequence[str] = ()
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Unwritten:
    """A contract that no revision has yet.

    Attributes:
        revision: the revision that began the workflow.
        calls: the calls of the contract.
    """

    revision: str
    calls: Sequence[str]

    @property
    def finding(self) -> Finding:
        """Return a warning with the command that writes the contract."""
        return Finding(
            Severity.WARNING,
            f"no revision has the contract of {self.revision}: {', '.join(self.calls)}",
            "alembic-zdt contract",
            "unwritten-contract",
            self.revision,
        )


def contract(config: Config, message: str | None = None, **options: Any) -> int:
    """Write a revision for each contract that is ready, and return their number.

    Args:
        config: Alembic's configuration.
        message: the message, default: that of the revision that began the workflow.
        options: further options of ``alembic.command.revision``.

    Raises:
        CommandError: Alembic failed.
        UsageError: env.py has several databases.
    """
    script = ScriptDirectory.from_config(config)
    # env.py may set the folders of the revisions.
    contracts = looking(config, script, lambda _context, _heads: _contracts(script))
    if not contracts:
        return 0
    config.attributes[CONTRACTING] = True
    writer = _Writer(contracts, message)
    command.revision(
        config,
        message,
        autogenerate=True,
        process_revision_directives=writer.fill,
        **options,
    )
    return writer.written


def unwritten(script: ScriptDirectory) -> list[Unwritten]:
    """Return the contracts that no revision has yet.

    Args:
        script: the revisions.
    """
    return [
        Unwritten(each.revision, tuple(_calls(each))) for each in _contracts(script)
    ]


def _calls(contract: Contract) -> Iterator[str]:
    """Yield the calls that end the contract's workflows, then its other calls."""
    ends = [end.call for end in contract.ends]
    known = set(map(key, ends))
    yield from ends
    yield from (call for call in contract.calls if key(call) not in known)


def _contracts(script: ScriptDirectory) -> list[Contract]:
    found: dict[str, Contract] = {}

    def of(revision: Any) -> Contract:
        title = (
            str(revision.doc or "").removesuffix(" (expand)").removesuffix(" (migrate)")
        )
        change = getattr(revision.module, CHANGE, "")
        made = Contract(revision.revision, title, change)
        return found.setdefault(revision.revision, made)

    owners: dict[Key, Any] = {}
    for revision, calls in open_deferrals(script):
        of(revision).calls = calls
        owners |= dict.fromkeys(map(key, calls), revision)
    for revision, _, end in open_workflows(script):
        # The last revision before the contract has the calls that were left for later.
        owner = owners.get(key(end.call), revision)
        of(owner).ends.append(end)
    return list(found.values())


class _Writer:
    """The hook through which Alembic passes the operations of autogenerate."""

    def __init__(self, contracts: list[Contract], message: str | None) -> None:
        self._contracts, self._message = contracts, message
        self.written = 0

    def fill(
        self,
        context: MigrationContext,
        revision: Any,
        directives: list[ops.MigrationScript],
    ) -> None:
        """Replace the found operations with the contracts.

        The hook of env.py sees the found operations, as in ``alembic-zdt revision``.
        Only hooks that are chained after this package's rewriter see the contracts.
        """
        comparisons.watch_writing(edited)
        base = directives[0]
        if len(base.upgrade_ops_list) > 1:
            raise _several_databases()
        up, down = base.upgrade_ops_list[0], base.downgrade_ops_list[0]
        found = {id(op) for op in flattened(up.ops)}
        with schema_context(context) as around:
            green = list(_green(self._contracts, around))
            if green and not _is_ours_first(context):
                hook = comparisons.taken_hook(context)
                if hook is not None:
                    hook(context, revision, directives)
            if found and not directives:
                return
            around.backfills = dict(_backfills(green))
            changes = changes_of(up.ops, down.ops, around)
            _distribute(changes, green)
            _add_those_of_hooks(changes, green, found)
        tokens = (up.upgrade_token, down.downgrade_token)
        filled = [each for each in green if each.changes]
        self._write(base, directives, filled, tokens)
        if not directives:  # hooks of env.py look at the first one
            context.opts["process_revision_directives"] = None

    def _write(
        self,
        base: ops.MigrationScript,
        directives: list[ops.MigrationScript],
        contracts: Sequence[Contract],
        tokens: tuple[str, str],
    ) -> None:
        plans = [Planned(Phase.CONTRACT, [Part(c.changes, *tokens)]) for c in contracts]
        made = scripts(base, None, plans) if plans else []
        for script, plan, each in zip(made, plans, contracts, strict=True):
            title = self._message or f"{each.title} (contract)"
            described: Any = script
            described.message = titled(title, plan)
            described.zdt_contract_of = [each.revision]
            described.zdt_change = each.change
        directives[:] = made
        self.written = len(made)


def _is_ours_first(context: MigrationContext) -> bool:
    hook = comparisons.process_revision_directives(context)
    return bool(getattr(hook, "is_zdt", False))


def _several_databases() -> UsageError:
    return UsageError(
        "cannot write contracts: env.py has several databases",
        detail="Cannot tell which database the workflow belongs to.",
        hint='Use emit_contract = "together", the default: autogenerate then writes '
        "the contracts with the other revisions.",
    )


def _green(contracts: Sequence[Contract], around: SchemaContext) -> Iterator[Contract]:
    """Yield the contracts whose rows are proven, and log the other contracts."""
    windows = open_windows(around.database) if around.database else []
    unproven = {window.check: window for window in windows if not window.is_proven}
    for each in contracts:
        waiting = [end for end in each.ends if _check_of(end) in unproven]
        for end in waiting:
            words = (
                f"left out: {end.call}, begun by revision {each.revision}: not every "
                "row is proven to be in sync; run its migrate phase first"
            )
            sys.stderr.write(f"{printable(words)}\n")
        if not waiting:
            yield each


def _check_of(end: Any) -> str:
    """Return the CHECK of the operation's window, empty if it has none."""
    if isinstance(end, RetypeOp):
        return end.forth().check
    if isinstance(end, RenameOp):
        return Window(end.table, end.column, end.new_column).check
    return ""


def _backfills(
    contracts: Sequence[Contract],
) -> Iterator[tuple[tuple[QualifiedName, str], str]]:
    """Yield each column with the expression that fills it before NOT NULL."""
    for call in (call for each in contracts for call in each.calls):
        node: Any = ast.parse(call, mode="eval").body
        words = {word.arg: word.value for word in getattr(node, "keywords", ())}
        if "backfill" not in words:
            continue
        table, column = (ast.literal_eval(argument) for argument in node.args)
        schema = words.get("schema")
        name = QualifiedName(table, schema and ast.literal_eval(schema))
        yield (name, column), ast.literal_eval(words["backfill"])


_DROPS = "contract_drop_"
"""Drops, which autogenerate finds together with the operations that reverse them."""


def _ending(end: Any) -> Change:
    back = end.reverse()
    return Change(end, tuple(getattr(back, "ops", (back,))), Phase.CONTRACT)


def _distribute(changes: Sequence[Change], contracts: Sequence[Contract]) -> None:
    """Give each contract the operations that end its workflows, then the others."""
    for each in contracts:
        windows = (e for e in each.ends if not e.directive.startswith(_DROPS))
        each.changes += [_ending(end) for end in windows]
    for change in changes:
        wanted = key(called(change.up))
        for each in contracts:
            calls = [*each.calls, *(end.call for end in each.ends)]
            if wanted in map(key, calls):
                each.changes.append(change)
                break


def _add_those_of_hooks(
    changes: Sequence[Change], contracts: Sequence[Contract], found: set[int]
) -> None:
    """Add the operations of hooks, which are not in *found*, to the first contract."""
    added = [
        change
        for change in changes
        if change.up is not None
        and is_foreign(change.up)
        and found.isdisjoint(map(id, change.sources))
    ]
    for first in [each for each in contracts if each.changes][:1]:
        first.changes += added
