"""A table of the targets of a run on a terminal, which is drawn again and again.

https://rich.readthedocs.io/en/stable/live.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from alembic_zdt.fleet.fleet_run import DONE, FAILED, RUNNING, WAITING, TargetRow
from alembic_zdt.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_ROOM = 6
"""The lines of a terminal that the table leaves for its frame and the last line."""


class LiveTable:
    """The targets that run or have failed, and how many are done and left.

    Args:
        live: the display of rich.
        console: the terminal.
    """

    def __init__(self, live: Live, console: Console) -> None:
        self._live, self._console = live, console

    def show(self, counts: Mapping[str, int], rows: Sequence[TargetRow]) -> None:
        """Draw the table.

        Args:
            counts: how many targets have each status.
            rows: the targets that run or have failed.
        """
        from rich.console import Group  # noqa: PLC0415  # an optional extra
        from rich.table import Table  # noqa: PLC0415  # an optional extra
        from rich.text import Text  # noqa: PLC0415  # an optional extra

        table = Table("", "target", "time", "step or error")
        room = max(1, self._console.size.height - _ROOM)
        shown = sorted(rows, key=lambda each: each.status != RUNNING)[:room]
        for each in shown:
            # Text, because a name may look like markup: "[/]".
            table.add_row(*(Text(words, no_wrap=True) for words in _cells(each)))
        self._live.update(Group(table, Text(_last_line(counts))), refresh=True)


def _cells(each: TargetRow) -> Iterator[str]:
    words = each.step if each.status == RUNNING else each.error.partition("\n")[0]
    yield from (each.status, printable(each.name), f"{each.seconds:.0f} s")
    yield printable(words)


def _last_line(counts: Mapping[str, int]) -> str:
    words = ((DONE, "done"), (RUNNING, "running"), (FAILED, "failed"))
    parts = [f"{counts.get(status, 0)} {word}" for status, word in words]
    return f"{', '.join(parts)}, {counts.get(WAITING, 0)} left"


@contextmanager
def live_table(stream: Any, *, is_wanted: bool) -> Iterator[LiveTable | None]:
    """Yield a table, None if the stream is no terminal or rich is not installed.

    Args:
        stream: the output of the command.
        is_wanted: whether the user wants lines for people.
    """
    console = _console(stream) if is_wanted and stream.isatty() else None
    if console is None:
        yield None
        return
    from rich.live import Live  # noqa: PLC0415  # an optional extra

    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield LiveTable(live, console)


def _console(stream: TextIO) -> Console | None:
    try:
        from rich.console import Console  # noqa: PLC0415  # an optional extra
    except ImportError:
        return None
    return Console(file=stream, highlight=False)
