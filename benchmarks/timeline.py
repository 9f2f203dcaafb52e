"""The timeline of sessions, as SVG; needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chart import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 6
"""Inches; the text of a wider picture cannot be read on a phone."""
# Dark enough on white, and told apart by their pattern, too.
LOOKS: Mapping[str, tuple[str, str]] = {
    "works": ("#1f7a4d", ""),
    "a phase runs": ("#34618f", ""),
    "has an open transaction": ("#8c8c8c", ""),
    "waits in the lock queue": ("#c0392b", "////"),
    "waits outside the queue": ("#e6b450", ""),
}


@dataclass(frozen=True)
class Bar:
    """A part of the time of a session.

    Attributes:
        began: seconds since the picture begins.
        ended: as *began*.
        state: one of :data:`LOOKS`.
    """

    began: float
    ended: float
    state: str


@dataclass(frozen=True)
class Panel:
    """The sessions of one run.

    Attributes:
        title: above it.
        lanes: the name of each session, and its bars.
    """

    title: str
    lanes: Mapping[str, Sequence[Bar]]


def draw(file: Path, title: str, panels: Sequence[Panel]) -> None:
    """Write a timeline with one panel below the other on the same axis."""
    import matplotlib as mpl  # noqa: PLC0415  # for pictures alone
    from matplotlib.figure import Figure  # noqa: PLC0415  # for pictures alone
    from matplotlib.patches import Patch  # noqa: PLC0415  # for pictures alone

    lanes = sum(len(panel.lanes) for panel in panels)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.3 + 0.34 * lanes), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for panel, ax in zip(panels, axes, strict=True):
            _draw_panel(ax, panel)
        axes[-1].set_xlabel("seconds")
        figure.suptitle(title, fontsize=11)
        used = {b.state for p in panels for bars in p.lanes.values() for b in bars}
        handles = [
            Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=state)
            for state, (colour, hatch) in LOOKS.items()
            if state in used
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=9)
        figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_panel(ax: Axes, panel: Panel) -> None:
    for row, bars in enumerate(panel.lanes.values()):
        for state, (colour, hatch) in LOOKS.items():
            spans = [_span(bar) for bar in bars if bar.state == state]
            ax.broken_barh(
                spans,
                (row - 0.36, 0.72),
                facecolor=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
            )
    ax.set_yticks(range(len(panel.lanes)), list(panel.lanes))
    ax.invert_yaxis()
    ax.set_title(panel.title, loc="left", fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)


def _span(bar: Bar) -> tuple[float, float]:
    return bar.began, max(bar.ended - bar.began, 0.02)  # a shorter one is not seen
