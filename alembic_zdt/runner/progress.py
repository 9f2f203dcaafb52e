"""Show the progress of a long step in a live line on a terminal, or in notices."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from alembic_zdt.catalog import activity
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import server_settings
from alembic_zdt.estimates.estimate import Estimate
from alembic_zdt.estimates.estimate_text import duration_text
from alembic_zdt.estimates.time_left import seconds_left, share_done
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.session_settings import MAY_REST, session_settings
from alembic_zdt.runner.side_connection import Watcher, beside
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Step, Transaction, Watch

_LIVE_INTERVAL = 0.2
_FIRST_LOOK = 0.3
_WIDTH_OF_BAR = 24


class Display(Protocol):
    """A display for the progress of a step."""

    interval: float

    def show(self, line: str, share: float | None = None) -> None:
        """Show the newest state, and the *share* that is done where it is known."""

    def close(self) -> None:
        """End the display when the step has ended."""


class Lines:
    """A notice every few seconds.

    Args:
        notices: the receiver of the lines.
        interval: seconds between two of them.
    """

    def __init__(self, notices: Notices, interval: float) -> None:
        self.interval = interval
        self._notices = notices

    def show(self, line: str, share: float | None = None) -> None:  # noqa: ARG002
        """Pass the state on as a notice."""
        self._notices.say(line)

    def close(self) -> None:
        """Do nothing, because notices leave nothing to remove."""


class LiveLine:
    """One line of the terminal that changes in place, drawn by rich.

    Args:
        status: rich's status line.
        draw: a function that makes a rich renderable of a line and a share.
    """

    interval = _LIVE_INTERVAL

    def __init__(
        self, status: Any, draw: Callable[[str, float | None], object]
    ) -> None:
        self._status = status
        self._draw = draw
        self._status.start()

    def show(self, line: str, share: float | None = None) -> None:
        """Draw the state over the previous one."""
        self._status.update(self._draw(line, share))

    def close(self) -> None:
        """Remove the line from the terminal."""
        self._status.stop()


def display(settings: Settings, notices: Notices | None = None) -> Display | None:
    """Return the display for the settings and the terminal, None if it is off.

    Args:
        settings: the settings, with ``progress`` and ``progress_interval``.
        notices: the receiver of the lines, if the caller sends other lines to it.
    """
    if settings.progress == "off":
        return None
    wants_live = settings.progress == "live" or (
        settings.progress == "auto" and sys.stderr.isatty()
    )
    live = _live_line(forced=settings.progress == "live") if wants_live else None
    interval = settings.progress_interval.total_seconds()
    return live or Lines(notices or Notices(settings), interval)


def _live_line(*, forced: bool) -> LiveLine | None:
    try:
        from rich.console import Console  # noqa: PLC0415  # an optional extra
        from rich.progress_bar import ProgressBar  # noqa: PLC0415  # an optional extra
        from rich.table import Table  # noqa: PLC0415  # an optional extra
        from rich.text import Text  # noqa: PLC0415  # an optional extra
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
def shown(
    database: Database, step: Step, settings: Settings, expected: Estimate | None = None
) -> Iterator[None]:
    """Show the progress of *step* while the body runs it.

    Args:
        database: the connection on which the body runs the step.
        step: the step.
        settings: the settings, with ``progress`` and ``progress_interval``.
        expected: the estimate of the step, if it is known.
    """
    is_short = step.transaction is Transaction.SHORT
    if is_short and step.watch is Watch.NOTHING:
        yield
        return
    with shown_as(database, step.purpose, settings, step.watch, expected=expected):
        yield


@contextmanager
def shown_as(
    database: Database,
    purpose: str,
    settings: Settings,
    watch: Watch = Watch.NOTHING,
    screen: Display | None = None,
    expected: Estimate | None = None,
) -> Iterator[None]:
    """Show how long statements on *database* run, and the sessions they wait for.

    Args:
        database: the connection on which the body runs.
        purpose: the purpose, as a phrase for messages.
        settings: the settings, with ``progress`` and ``progress_interval``.
        watch: the progress to show in addition to the time.
        screen: a display that the caller has made and closes, None to make one.
        expected: the estimate of the step, if it is known.
    """
    if settings.progress == "off":
        yield
        return
    pid = activity.backend_pid(database)

    def line(second: Database, elapsed: float) -> str:
        return f"{purpose}: {state(second, watch, pid, elapsed, expected)}"

    def beside_it(watcher: Watcher) -> None:
        _watch(watcher, line, settings, screen)

    with beside(database.connection, beside_it):
        yield


Line = Callable[[Database, float], str]


def _watch(
    watcher: Watcher, line: Line, settings: Settings, given: Display | None
) -> None:
    started = time.monotonic()
    if not watcher.pause(_FIRST_LOOK):
        return  # most steps are over before there is anything to show
    screen = given or display(settings)
    if screen is None:
        return
    try:
        # The second connection is made only when there is something to show.
        if watcher.pause(screen.interval):
            _show_until_the_end(watcher, screen, line, started)
    finally:
        if given is None:
            screen.close()


def _show_until_the_end(
    watcher: Watcher, screen: Display, line: Line, started: float
) -> None:
    wanted = (MAY_REST, *server_settings())
    with watcher.database() as second, session_settings(second, wanted):
        while True:
            screen.show(line(second, time.monotonic() - started))
            if not watcher.pause(screen.interval):
                return


def state(
    second: Database,
    watch: Watch,
    pid: int,
    elapsed: float,
    expected: Estimate | None = None,
) -> str:
    """Describe in one line how far backend *pid* is."""
    parts = [f"{elapsed:.0f} s"]
    waits_for: list[int] = []
    share = None
    if watch is Watch.INDEX_BUILD:
        progress = activity.build_progress(second, pid)
        if progress is not None:
            parts.append(progress.phase)
            if progress.percent is not None:
                parts.append(f"{progress.percent:.0f} %")
            waits_for = [progress.waits_for] if progress.waits_for else []
            share = share_done(progress.phase, progress.percent)
    waits_for = waits_for or activity.blocking_pids(second, pid)
    left = seconds_left(elapsed, share, expected)
    if left is not None and not waits_for:
        parts.append(f"{duration_text(left)} to go")
    if waits_for:
        parts.append("waits for " + _names(second, waits_for))
    return ", ".join(parts)


def _names(second: Database, pids: list[int]) -> str:
    states = activity.states(second, pids)
    return ", ".join(
        f"pid {pid}{states.get(pid, '')}" if pid else "a prepared transaction"
        for pid in pids
    )
