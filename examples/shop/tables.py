"""Tables on a terminal: with rich when it is installed, plain text otherwise."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    draw = _show_rich if find_spec("rich") else _show_plain
    draw(title, columns, rows)
    sys.stdout.flush()


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def duration(seconds: float) -> str:
    """Return a length of time with a unit that suits it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s"


def _show_rich(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(columns[0])
    for name in columns[1:]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width).print(table)


def _show_plain(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    cells = [columns, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = ["  ".join(_align(row, widths)).rstrip() for row in cells]
    rule = "-" * max(len(line) for line in lines)
    say("\n".join(["", title, lines[0], rule, *lines[1:], ""]))


def _align(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    text = row[0].ljust(widths[0])
    return [text, *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
