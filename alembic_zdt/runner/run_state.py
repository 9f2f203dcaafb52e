"""The state of the current migration run, dropped when the run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_zdt.errors import ZdtError
from alembic_zdt.runner import stock_run
from alembic_zdt.steps import Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_STATE = "_zdt_this_run"


@dataclass
class LogState:
    """The log of revisions, as this run has found it.

    Attributes:
        exists: whether its table exists.
        lacks: its missing columns, because an older version of this package made it.
        faults: the reasons why it cannot be used: name, fault and the statement that
            mends it.
    """

    exists: bool
    lacks: Sequence[str] = ()
    faults: Sequence[Row] = ()


@dataclass
class RunState:
    """The progress of a run, and answers that it asks for only once.

    Attributes:
        queued: seconds that it has waited for locks since the last revision.
        has_own_session: whether it is known that no pooler shares the session.
        may_write: whether it is known that the session is not read-only.
        reasons: the reasons that were given to ``op.safety_assured()`` since the last
            revision.
        assuring: the reasons of the ``op.safety_assured()`` bodies that are running.
        log: the state of the log of revisions when the run looked, None before.
        began: the transaction id that came next when the run began, if it is known.
        revisions: the revisions that the run has begun, in order.
        gated: revisions, and their tables, for which the gate was asked.
        calls: the tables and columns that the directives of the run have used.
        left: the revisions that the run leaves out, and the errors that explain why.
        has_directives: whether the run has begun a directive, even outside of revision
            files.
        has_committed: whether a directive of the revision has committed what was open.
        has_begun: whether a directive of the revision has begun a step that may be left
            half done.
        step: the purpose of the running step, or of the step at which the run ended.
        done_calls: directives of the revision that are done and committed.
        backfills: the names of the backfills that the revision has begun or found
            finished.
        done_steps: the finished steps of the directive that is being run.
        half_done: the revisions that were left half done, None before the first look.
        is_recorded: whether revisions are only recorded, as by lint.
        is_done: a function that checks whether an earlier run of the revision has done
            the call that begins now.
        place_of: a function that returns the place of a call in its revision, for a
            script.
        before_drop: a function that refuses a drop that finds nothing, and logs one
            that begins.
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
    has_directives: bool = False
    has_committed: bool = False
    has_begun: bool = False
    step: str = ""
    done_calls: list[str] = field(default_factory=list)
    done_steps: list[str] = field(default_factory=list)
    backfills: set[str] = field(default_factory=set)
    half_done: Sequence[Any] | None = None
    is_recorded: bool = False
    is_done: Callable[[Any], bool] | None = None
    place_of: Callable[[Any], Any] | None = None
    before_drop: Callable[[Any], None] | None = None

    def forget_done(self) -> None:
        """Clear the finished calls and steps of a revision before the next one."""
        self.has_committed = self.has_begun = False
        self.done_calls.clear()
        self.done_steps.clear()
        self.backfills.clear()

    def note_commit(self) -> None:
        """Note that a directive is about to commit the open transaction."""
        self.has_directives = self.has_committed = True

    @property
    def has_changed(self) -> bool:
        """Check whether the directives of the revision may have changed anything."""
        return bool(self.done_calls or self.done_steps or self.has_begun)

    @contextmanager
    def doing(self, purpose: str) -> Iterator[None]:
        """Note the step that the body runs, and keep the note after an interruption."""
        self.step = purpose
        try:
            yield
        except Exception:
            self.step = ""
            raise
        self.step = ""

    def end_call(self, call: str) -> None:
        """Note that a directive is done, and forget its steps."""
        self.done_calls.append(call)
        self.done_steps.clear()

    @property
    def assured(self) -> str:
        """Return the reason of the ``safety_assured`` body that runs, empty if none."""
        return self.assuring[-1] if self.assuring else ""


def note_directive(context: MigrationContext) -> None:
    """Note that a run has begun a directive, even outside of revision files."""
    run_state(context).note_commit()
    stock_run.end(context)


def run_state(context: MigrationContext | None) -> RunState:
    """Return the state of *context*, or an empty one if there is no context."""
    if context is None:
        return RunState()
    found: RunState | None = getattr(context, _STATE, None)
    if found is None:
        found = RunState()
        setattr(context, _STATE, found)
    return found
