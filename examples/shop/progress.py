"""Progress of long work: a live line on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TypeAlias

from examples.shop import tables

INTERVAL = 5.0

Advance: TypeAlias = Callable[[int], None]


@contextlib.contextmanager
def progress(text: str, total: int | None = None) -> Iterator[Advance]:
    """Show ``text`` and the seconds so far until the block ends.

    Args:
        text: what is being done.
        total: units of work, None where only the time is known.

    Yields:
        A function that takes how many units more are done.
    """
    is_live = sys.stdout.isatty() and find_spec("rich")
    with (_live if is_live else _lines)(text, total) as advance:
        yield advance


@contextlib.contextmanager
def _live(text: str, total: int | None) -> Iterator[Advance]:
    from rich import progress as bars  # noqa: PLC0415  # an optional extra

    columns: list[bars.ProgressColumn] = [bars.TextColumn("{task.description}")]
    if total is None:
        columns.insert(0, bars.SpinnerColumn())
    else:
        columns += [bars.BarColumn(), bars.TaskProgressColumn()]
    with bars.Progress(*columns, bars.TimeElapsedColumn(), transient=True) as shown:
        task = shown.add_task(text, total=total)
        yield lambda units: shown.advance(task, units)


@contextlib.contextmanager
def _lines(text: str, total: int | None) -> Iterator[Advance]:
    began, done, ended = time.monotonic(), [0], threading.Event()

    def advance(units: int) -> None:
        done[0] += units

    def report() -> None:
        while not ended.wait(INTERVAL):
            share = "" if total is None else f"{done[0] / total:.0%}, "
            tables.say(f"  {text}: {share}{time.monotonic() - began:.0f} s")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield advance
    finally:
        ended.set()
        reporter.join()
