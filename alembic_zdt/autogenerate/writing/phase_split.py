"""Revisions for each phase in place of the one that Alembic is about to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic.operations import ops

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.changes.schema_context import schema_context
from alembic_zdt.autogenerate.writing.file_text import edited
from alembic_zdt.autogenerate.writing.planned import Planned
from alembic_zdt.autogenerate.writing.rendered_items import render_options
from alembic_zdt.autogenerate.writing.revisions import (
    merged,
    planned,
    scripts,
    without_contract,
)
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_STATE = "_zdt_state"


@dataclass
class _State:
    """The revisions that are written in place of one revision of Alembic.

    Attributes:
        base: Alembic's revision, which has the place in the history.
        title: message of *base*.
        plans: the revisions that are written.
        scripts: Alembic's objects for *plans*.
        databases: upgrade tokens of the databases that were compared.
    """

    base: ops.MigrationScript
    title: str | None
    plans: list[Planned] = field(default_factory=list)
    scripts: list[ops.MigrationScript] = field(default_factory=list)
    databases: set[str] = field(default_factory=set)

    @property
    def fresh(self) -> Iterator[tuple[ops.UpgradeOps, ops.DowngradeOps]]:
        """Yield the operations of databases that were compared since the last call."""
        for script in self.scripts:
            pairs = zip(script.upgrade_ops_list, script.downgrade_ops_list, strict=True)
            yield from (p for p in pairs if p[0].upgrade_token not in self.databases)

    def write(self) -> None:
        """Build the scripts again from the plans."""
        self.scripts = scripts(self.base, self.title, self.plans)
        for script in self.scripts:
            setattr(script, _STATE, self)


def rewrite(context: MigrationContext, directives: list[ops.MigrationScript]) -> None:
    """Rewrite *directives* in place, which Alembic passes once for each database."""
    comparisons.watch_writing(edited)
    render_options(context)
    for state in _states(directives):
        fresh = list(state.fresh)
        state.databases |= {up.upgrade_token for up, _ in fresh}
        if not any(up.ops for up, _ in fresh):
            continue
        with schema_context(context) as around:
            for up, down in fresh:
                state.plans = merged(state.plans, planned(up, down, around))
        if settings_of(context).emit_contract == "later":
            state.plans = without_contract(state.plans)
        _replace(state, directives)


def _states(directives: Sequence[ops.MigrationScript]) -> list[_State]:
    found: dict[int, _State] = {}
    for script in directives:
        state = getattr(script, _STATE, None)
        if state is None and hasattr(script, "zdt_phase"):
            continue  # a contract that is complete
        if state is None:
            state = _State(script, script.message, scripts=[script])
            setattr(script, _STATE, state)
        found[id(state)] = state
    return list(found.values())


def _replace(state: _State, directives: list[ops.MigrationScript]) -> None:
    old = {id(script) for script in state.scripts}
    at = next(i for i, script in enumerate(directives) if id(script) in old)
    state.write()
    left = [script for script in directives if id(script) not in old]
    directives[:] = [*left[:at], *state.scripts, *left[at:]]
