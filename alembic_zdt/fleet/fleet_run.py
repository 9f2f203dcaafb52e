"""A run of a fleet and its targets, as their tables have them."""

from __future__ import annotations

from dataclasses import dataclass, field

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
STOPPED, ENDED = "stopped", "ended"


@dataclass(frozen=True)
class FleetOptions:
    """The options that all workers of a run share.

    Attributes:
        revision: the last revision to run.
        phase: the last phase to run, None for all.
        old_sessions: the value in place of the setting; None keeps the setting.
        per_server: how many targets of one server are upgraded at a time.
        max_failures: the number of failed targets that stops the run.
        heads: the revisions that *revision* stands for.
        soak: how long to wait after the canaries, in seconds.
        check: a command that must succeed after the canaries.
    """

    revision: str = "heads"
    phase: str | None = None
    old_sessions: str | None = None
    per_server: int = 2
    max_failures: int = 3
    heads: tuple[str, ...] = ()
    soak: float = 0.0
    check: str = ""

    @property
    def goal(self) -> tuple[tuple[str, ...], str | None]:
        """Return what two runs have in common if the second one continues the first."""
        return self.heads, self.phase


@dataclass(frozen=True)
class TargetRow:
    """The row of one target of a run.

    Attributes:
        name: the name of the target.
        is_canary: whether it is upgraded before the others.
        status: ``waiting``, ``running``, ``done`` or ``failed``.
        worker: the worker that has leased it, empty if none has.
        seconds: the time since it was begun, or until it ended.
        step: the step that runs.
        error: the error that ended it.
    """

    name: str
    is_canary: bool
    status: str
    worker: str
    seconds: float
    step: str
    error: str


@dataclass(frozen=True)
class FleetRun:
    """A fleet run, as its table keeps it.

    Attributes:
        id: the text that identifies the run.
        options: the options of the command that began it.
        status: ``running``, ``stopped`` or ``ended``.
        reason: why it was stopped.
    """

    id: str
    options: FleetOptions = field(default_factory=FleetOptions)
    status: str = RUNNING
    reason: str = ""
