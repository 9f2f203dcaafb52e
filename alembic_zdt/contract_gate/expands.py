"""Find the expand of a contract, and when it was applied.

Revisions of one change have the same ``zdt_change``.  Without it, calls of the same
workflow on the same table and column belong together.  Otherwise the latest expand or
migrate below the contract counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alembic.script.revision import RevisionError

from alembic_zdt.contract_gate.calls import TIGHTENING, Touched, touched
from alembic_zdt.contract_gate.log_entries import latest
from alembic_zdt.phases import Phase, operations_of, phase_of, source_of
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

CHANGE = "zdt_change"
"""The variable of a revision that names the change."""

_WRITTEN = "zdt_contract_of"

NOT_YET = math.inf
"""The time of an expand in the contract's own revision, or in the same run."""


@dataclass(frozen=True)
class Expand:
    """The expand or migrate that was applied before a contract.

    Attributes:
        revision: the last one of its expands and migrates.
        applied_at: the end of its run in seconds since the epoch, or NOT_YET.
        is_guess: whether the log does not know the contract's nearest expand or
            migrate, so that another one was taken.
    """

    revision: str
    applied_at: float
    is_guess: bool = False


def calls_in(
    revision: Script, context: MigrationContext, *, down: bool = False
) -> list[Touched]:
    """Return the tables and columns that the calls in a revision's file use.

    Args:
        revision: the revision whose file is read.
        context: the migration context of the run, which may be one of several
            databases.
        down: read the downgrade instead.
    """
    constants = vars(revision.module)
    found = operations_of(revision, downgrade=down, engine=engine_of(context))
    return [touched(name, call, constants) for name, call in found]


def engine_of(context: MigrationContext) -> str:
    """Return the name that env.py has for the database, empty if there is only one.

    Args:
        context: the migration context of the run.
    """
    token = str(context.opts.get("upgrade_token") or "")
    return token.removesuffix("upgrades").removesuffix("_")


def expand_of(
    context: MigrationContext, step: Any, ends: Sequence[Touched]
) -> Expand | None:
    """Return the expand of a contract, None if no expand is known.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the contract.
        ends: its calls.
    """
    own = calls_in(step.revision, context)
    if any(begins(call, end) for end in ends for call in own):
        return Expand(step.revision.revision, NOT_YET)
    return _Chain(context, step).expand(ends)


def expand_of_column(
    context: MigrationContext, step: Any, end: Touched
) -> tuple[Expand, Touched] | None:
    """Return the expand that adds the column of a call, None if none is known.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the call.
        end: the call.
    """
    for call in calls_in(step.revision, context):
        if begins(call, end):
            return Expand(step.revision.revision, NOT_YET), call
    return next(_Chain(context, step).adding(end), None)


def contract_taken_back(context: MigrationContext, step: Any) -> Expand | None:
    """Return the contract of an expand, if its last run was a downgrade.

    Old and new code both run from then on, as after an expand.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the downgrade of the expand.
    """
    own, found = step.revision, None
    for name, entry in latest(context).items():
        if entry.direction == "upgrade" or name == own.revision:
            continue
        contract = _script(step, name)
        if contract is None or not _is_of(contract, own, context):
            continue
        if found is None or entry.applied_at > found.applied_at:
            found = Expand(name, entry.applied_at)
    return found


def _script(step: Any, name: str) -> Any:
    """Return the revision of that name, None if its file is gone."""
    with suppress(RevisionError):
        return step.revision_map.get_revision(name)
    return None


def _is_of(contract: Any, expand: Any, context: MigrationContext) -> bool:
    change = getattr(contract.module, CHANGE, None)
    if change is not None and change == getattr(expand.module, CHANGE, None):
        return True
    if expand.revision in getattr(contract.module, _WRITTEN, ()):
        return True
    calls = calls_in(expand, context)
    return any(
        begins(call, end) for end in calls_in(contract, context) for call in calls
    )


def read(context: MigrationContext, step: Any) -> None:
    """Read and cache the files that the gate of a revision needs.

    Args:
        context: the migration context of the run, without a transaction.
        step: Alembic's step, of the revision.
    """
    own = calls_in(step.revision, context, down=not step.is_upgrade)
    if not step.is_upgrade:
        return
    for found in step.revision_map.iterate_revisions(step.revision.revision, "base"):
        if _names_table(found, own):
            calls_in(found, context)


def _names_table(revision: Any, ends: Sequence[Touched]) -> bool:
    source = source_of(revision)
    words = {table.name for end in ends for table in end.tables}
    return any(word.encode() in source for word in words)


class _Chain:
    """The expands and migrates below a contract, the nearest first."""

    def __init__(self, context: MigrationContext, step: Any) -> None:
        self._context, self._revision = context, step.revision
        own = self._revision.revision
        self._below: Mapping[str, Any] = {
            found.revision: found
            for found in step.revision_map.iterate_revisions(own, "base")
            if found.revision != own
        }
        self._entries = latest(context)
        self._applied = dict(self._known())

    def _known(self) -> Iterator[tuple[str, float]]:
        """Yield revisions with the time when they were applied, where it is known."""
        run = run_state(self._context).revisions
        for name in self._below:
            entry = self._entries.get(name)
            if entry is not None and entry.direction == "upgrade":
                if entry.phase is not Phase.CONTRACT:
                    yield name, entry.applied_at
            elif name in run and not self._is_contract(name):
                yield name, NOT_YET

    def _is_contract(self, name: str) -> bool:
        return phase_of(self._below[name]) is Phase.CONTRACT

    def expand(self, ends: Sequence[Touched]) -> Expand | None:
        """Return the expand of these calls, None if no expand is known."""
        related = list(self._related(ends))
        found = self.last(related) or self.last(self._applied)
        is_known = not related or related[0] in self._applied
        return found and replace(found, is_guess=not is_known)

    def last(self, names: Iterable[str]) -> Expand | None:
        """Return the revision among *names* that was applied last, None if unknown."""
        known = [name for name in names if name in self._applied]
        if not known:
            return None
        name = max(known, key=self._applied.__getitem__)
        return Expand(name, self._applied[name])

    def adding(self, end: Touched) -> Iterator[tuple[Expand, Touched]]:
        """Yield the expands that add the column of a call, and whose time is known."""
        for name in self._applied:
            for call in self._calls(name, [end]):
                found = self.last([name])
                if found is not None and begins(call, end):
                    yield found, call

    def _related(self, ends: Sequence[Touched]) -> Iterator[str]:
        """Yield the revisions that belong to the contract."""
        module = self._revision.module
        change = getattr(module, CHANGE, None)
        written = set(getattr(module, _WRITTEN, ()))
        changes = {getattr(self._module(name), CHANGE, None) for name in written}
        changes = (changes | {change}) - {None}
        for name in self._below:
            own = getattr(self._module(name), CHANGE, None)
            is_named = name in written or own in changes
            is_one = is_named or self._begins(name, ends)
            if is_one and not self._is_contract(name):
                yield name

    def _begins(self, name: str, ends: Sequence[Touched]) -> bool:
        calls = self._calls(name, ends)
        return any(begins(call, end) for end in ends for call in calls)

    def _module(self, name: str) -> Any:
        revision = self._below.get(name)
        return None if revision is None else revision.module

    def _calls(self, name: str, ends: Sequence[Touched]) -> list[Touched]:
        """Return the calls of a revision, if its file names a table of *ends*."""
        if not _names_table(self._below[name], ends):
            return []
        return calls_in(self._below[name], self._context)


_ADDING = ("add_column", "backfill", "expand_add_column")


def begins(call: Touched, end: Touched) -> bool:
    """Return whether one call is an earlier phase of the workflow of another one.

    Args:
        call: the call that may begin the workflow.
        end: the other call.
    """
    if end.name in TIGHTENING:
        return call.name in _ADDING and end.meets(call)
    if not end.is_contract:
        return False
    if end.name == "remove_enum_value":
        return call.name == "backfill" and end.meets(call)
    workflow = end.name.removeprefix("contract_")
    return call.name in {f"expand_{workflow}", f"migrate_{workflow}"} and end.meets(
        call
    )
