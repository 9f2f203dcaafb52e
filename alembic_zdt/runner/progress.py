"""What is said while a long step runs: a live line on a terminal, or log lines."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.database import Database
from alembic_zdt.runner.beside import Watcher, beside
from alembic_zdt.runner.keepalives import server_settings
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Step, Watch

log = logging.getLogger("alembic_zdt")

_LIVE_INTERVAL = 0.2
_FIRST_LOOK = 0.3
_WIDTH_OF_BAR = 24


class Display(Protocol):
    """Where the progress of a step is shown."""

    interval: float

    def show(self, line: str, share: float | None = None) -> None:
        """The newest state; *share* is how much of all is done, where it is known."""

    def close(self) -> None:
        """The step has ended."""


class LogLines:
    """A log line every few seconds."""

    def __init__(self, interval: float) -> None:
        self.interval = interval

    def show(self, line: str, share: float | None = None) -> None:  # noqa: ARG002
        """Log the state."""
        log.info("%s", line)

    def close(self) -> None:
        """Nothing is left on the screen."""


class LiveLine:
    """One line of the terminal that changes in place, drawn by rich.

    Args:
        status: rich's.
        draw: makes something to draw of a line and a share.
    """

    interval = _LIVE_INTERVAL

    def __init__(
        self, status: Any, draw: Callable[[str, float | None], object]
    ) -> None:
        self._status = status
        self._draw = draw
        self._status.start()

    def show(self, line: str, share: float | None = None) -> None:
        """Draw the state over the one before."""
        self._status.update(self._draw(line, share))

    def close(self) -> None:
        """Take the line away."""
        self._status.stop()


def display(settings: Settings) -> Display | None:
    """What *settings* and the terminal ask for, None for nothing."""
    if settings.progress == "off":
        return None
    wants_live = settings.progress == "live" or (
        settings.progress == "auto" and sys.stderr.isatty()
    )
    live = _live_line(forced=settings.progress == "live") if wants_live else None
    return live or LogLines(settings.progress_interval.total_seconds())


def _live_line(*, forced: bool) -> LiveLine | None:
    try:
        from rich.console import Console  # noqa: PLC0415  # an optional extra
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        return None

    def draw(line: str, share: float | None) -> object:
        text = Text(line)  # because a name may look like markup: "[/]"
        if share is None:
            return text
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=1.0, completed=share, width=_WIDTH_OF_BAR)
        grid.add_row(bar, text)
        return grid

    console = Console(stderr=True, force_terminal=True if forced else None)
    return LiveLine(console.status("", spinner="dots"), draw)


@contextmanager
def shown(database: Database, step: Step, settings: Settings) -> Iterator[None]:
    """Show the progress of *step* while the body runs it."""
    if step.watch is Watch.NOTHING or settings.progress == "off":
        yield
        return
    pid = activity.backend_pid(database)

    def watch(watcher: Watcher) -> None:
        _watch(watcher, step, pid, settings)

    with beside(database.connection, watch):
        yield


def _watch(watcher: Watcher, step: Step, pid: int, settings: Settings) -> None:
    started = time.monotonic()
    if not watcher.pause(_FIRST_LOOK):
        return  # most steps are over before there is anything to say
    screen = display(settings)
    if screen is None:
        return
    try:
        # The second connection is made only when there is something to say.
        if watcher.pause(screen.interval):
            _show_until_the_end(watcher, screen, step, pid, started)
    finally:
        screen.close()


def _show_until_the_end(
    watcher: Watcher, screen: Display, step: Step, pid: int, started: float
) -> None:
    with watcher.database() as second, session_settings(second, server_settings()):
        while True:
            elapsed = time.monotonic() - started
            screen.show(state_line(second, step, pid, elapsed))
            if not watcher.pause(screen.interval):
                return


def state_line(second: Database, step: Step, pid: int, elapsed: float) -> str:
    """How far the step is, in one line."""
    parts = [f"{step.purpose}: {elapsed:.0f} s"]
    waits_for: list[int] = []
    if step.watch is Watch.INDEX_BUILD:
        progress = activity.build_progress(second, pid)
        if progress is not None:
            parts.append(progress.phase)
            if progress.percent is not None:
                parts.append(f"{progress.percent:.0f} %")
            waits_for = [progress.waits_for] if progress.waits_for else []
    waits_for = waits_for or activity.blocking_pids(second, pid)
    if waits_for:
        parts.append("waits for " + _names(second, waits_for))
    return ", ".join(parts)


def _names(second: Database, pids: list[int]) -> str:
    states = activity.states(second, pids)
    return ", ".join(
        f"pid {pid}{states.get(pid, '')}" if pid else "a prepared transaction"
        for pid in pids
    )
