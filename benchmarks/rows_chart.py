"""The rows of a table after each step, as SVG; needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.chart import STYLE
from benchmarks.timeline import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 2
CHANGED = "#d5ecdf"


@dataclass(frozen=True)
class Rows:
    """A table at one moment.

    Attributes:
        title: what happened before.
        names: the columns.
        values: the rows.
    """

    title: str
    names: Sequence[str]
    values: Sequence[tuple[Any, ...]]


def draw(file: Path, title: str, steps: Sequence[Rows]) -> None:
    """Write one table for each step; cells that the step has changed have a colour."""
    import matplotlib as mpl  # noqa: PLC0415  # for pictures alone
    from matplotlib.figure import Figure  # noqa: PLC0415  # for pictures alone

    lines = -(-len(steps) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.2 * lines + 0.4), layout="constrained")
        axes = figure.subplots(lines, COLUMNS).flat
        known: dict[tuple[int, str], Any] = {}
        for number, (step, ax) in enumerate(zip(steps, axes, strict=True), 1):
            _draw_table(ax, f"{number}. {step.title}", step, known)
            known = _cells(step)
        figure.suptitle(title, fontsize=11)
        figure.savefig(file, format="svg", metadata={"Date": None})


def _cells(step: Rows) -> dict[tuple[int, str], Any]:
    return {
        (row[0], name): value
        for row in step.values
        for name, value in zip(step.names, row, strict=True)
    }


def _draw_table(
    ax: Axes, title: str, step: Rows, known: dict[tuple[int, str], Any]
) -> None:
    ax.axis("off")
    ax.set_title(title, loc="left", fontsize=10)
    texts = [
        ["NULL" if each is None else str(each) for each in row] for row in step.values
    ]
    colours = [
        [
            "white" if not known or known.get((row[0], name)) == value else CHANGED
            for name, value in zip(step.names, row, strict=True)
        ]
        for row in step.values
    ]
    widths = [0.1, *[0.42] * (len(step.names) - 1)]
    table = ax.table(
        cellText=texts,
        cellColours=colours,
        colLabels=list(step.names),
        colColours=["#ececec"] * len(step.names),
        colWidths=widths,
        cellLoc="left",
        loc="upper left",
    )
    table.auto_set_font_size(False)  # matplotlib's argument has no name
    table.set_fontsize(9)
