"""The state of the present migration run, dropped when the run ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_zdt.errors import ZdtError
from alembic_zdt.steps import Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_STATE = "_zdt_this_run"


@dataclass
class LogState:
    """State of the log of revisions.

    Attributes:
        exists: whether there is such a table.
        lacks: columns that an older version of this package did not make.
        faults: why it cannot be used: name, fault and the statement that mends it.
    """

    exists: bool
    lacks: Sequence[str] = ()
    faults: Sequence[Row] = ()


@dataclass
class RunState:
    """The state of a run.

    Attributes:
        queued: seconds that it has waited for locks since the last revision.
        has_own_session: whether it is known that no pooler shares the session.
        may_write: whether it is known that the session is not read-only.
        reasons: given to ``op.safety_assured()`` since the last revision.
        assuring: the reasons of the bodies that are being run.
        log: the state of the log of revisions when the run looked, None before.
        began: the transaction id that came next when the run began, if it is known.
        revisions: those that the run has begun, in order.
        gated: revisions, and their tables, for which the gate was asked.
        calls: what the directives that it has run were about.
        left: the revisions that the run leaves out, and the errors that explain why.
        step: what is being done, or was when the run ended.
        done_calls: directives of the revision that are done and committed.
        done_steps: what is done of the directive that is being run.
        half_done: the revisions that were left half done, None before the first look.
    """

    queued: float = 0.0
    has_own_session: bool = False
    may_write: bool = False
    reasons: list[str] = field(default_factory=list)
    assuring: list[str] = field(default_factory=list)
    log: LogState | None = None
    began: int | None = None
    revisions: list[str] = field(default_factory=list)
    gated: set[tuple[str, str]] = field(default_factory=set)
    calls: list[Any] = field(default_factory=list)
    left: dict[str, ZdtError] = field(default_factory=dict)
    step: str = ""
    done_calls: list[str] = field(default_factory=list)
    done_steps: list[str] = field(default_factory=list)
    half_done: Sequence[Any] | None = None

    def end_call(self, call: str) -> None:
        """Note that a directive is done, and forget its steps."""
        self.done_calls.append(call)
        self.done_steps.clear()

    @property
    def assured(self) -> str:
        """Return the reason of the body that is being run, empty outside of any."""
        return self.assuring[-1] if self.assuring else ""


def run_state(context: MigrationContext | None) -> RunState:
    """Return the state of *context*, or an empty one if there is no context."""
    if context is None:
        return RunState()
    found: RunState | None = getattr(context, _STATE, None)
    if found is None:
        found = RunState()
        setattr(context, _STATE, found)
    return found
