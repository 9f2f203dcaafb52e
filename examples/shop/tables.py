"""Tables on a terminal: with rich when it is installed, plain text otherwise."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable

WIDTH = 200
PICTURE_WIDTH = 122


@dataclass(frozen=True)
class Table:
    """Rows with a title; the first column is text, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def show(*shown: Table) -> None:
    """Print tables."""
    draw = _show_rich if find_spec("rich") else _show_plain
    for table in shown:
        draw(table)
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


def write_svg(file: Path, title: str, *shown: Table, footer: str) -> None:
    """Write tables and a footer as a picture of a terminal; needs rich."""
    from rich.console import Console  # noqa: PLC0415  # an optional extra
    from rich.terminal_theme import MONOKAI  # noqa: PLC0415  # an optional extra

    console = Console(
        record=True, width=PICTURE_WIDTH, file=io.StringIO(), color_system="truecolor"
    )
    for table in shown:
        console.print(_rich(table))
    console.print(footer, style="dim", highlight=False)
    text = console.export_svg(title=title, theme=MONOKAI, unique_id="demo")
    # rich loads a font from a host of its own; a picture in a page must not.
    local = re.sub(r"@font-face \{.*?\}\s*", "", text, flags=re.DOTALL)
    file.write_text(local)


def _rich(table: Table) -> RichTable:
    from rich import box  # noqa: PLC0415  # an optional extra
    from rich.table import Table as RichTable  # noqa: PLC0415  # an optional extra
    from rich.text import Text  # noqa: PLC0415  # an optional extra

    drawn = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
    drawn.add_column(table.columns[0])
    for name in table.columns[1:]:
        drawn.add_column(name, justify="right")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _show_rich(table: Table) -> None:
    from rich.console import Console  # noqa: PLC0415  # an optional extra

    Console(width=None if sys.stdout.isatty() else WIDTH).print(_rich(table))


def _show_plain(table: Table) -> None:
    cells = [table.columns, *table.rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]
    lines = ["  ".join(_align(row, widths)).rstrip() for row in cells]
    rule = "-" * max(len(line) for line in lines)
    say("\n".join(["", table.title, lines[0], rule, *lines[1:], ""]))


def _align(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    text = row[0].ljust(widths[0])
    return [text, *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
