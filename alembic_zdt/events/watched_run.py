"""The run that the current thread or task works on, as events name it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class WatchedRun:
    """A run that events tell of.

    Attributes:
        id: a random name, the same in all events of the run.
        revision: the revision that is being run, empty before the first.
        step: the step that is being done, empty between two steps.
        applied: the revisions that have ended, in order.
        passwords: texts that no event may contain.
        shows_queries: whether events may contain SQL.
        began: when the run began, on the monotonic clock.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    revision: str = ""
    step: str = ""
    applied: list[str] = field(default_factory=list)
    passwords: tuple[str, ...] = ()
    shows_queries: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Return how long the run has lasted."""
        return time.monotonic() - self.began


NO_RUN = WatchedRun(id="")
_current: ContextVar[WatchedRun] = ContextVar("alembic_zdt_run", default=NO_RUN)
_target: ContextVar[str] = ContextVar("alembic_zdt_target", default="")


def current() -> WatchedRun:
    """Return the run of this thread or task, :data:`NO_RUN` outside of any."""
    return _current.get()


def current_target() -> str:
    """Return the target of a fleet that this thread works on, empty outside of one."""
    return _target.get()


@contextmanager
def in_target(name: str) -> Iterator[None]:
    """Make a target of a fleet the one that events name while the body runs."""
    token = _target.set(name)
    try:
        yield
    finally:
        _target.reset(token)


def enter(run: WatchedRun) -> None:
    """Make *run* the one that events name from now on."""
    _current.set(run)
