"""The chart of waits over time, as SVG; needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BUCKET_SECONDS = 0.05
LIMIT_MS = 200
LIMIT = f"  lock_timeout, {LIMIT_MS} ms"
LABEL: dict[str, Any] = {"fontsize": 8, "color": "#555555", "ha": "center"}
LEFT = {"ha": "left"}
COLOURS = ("#c0392b", "#1f7a4d")
# The same file for the same data, text as text, and a font that each reader has.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "alembic-zdt", "font.size": 10}


@dataclass(frozen=True)
class Panel:
    """One half of the chart.

    Attributes:
        title: above it.
        waits: of each request, seconds since the change began and milliseconds.
        change_seconds: how long the change took.
    """

    title: str
    waits: Sequence[tuple[float, float]]
    change_seconds: float


def draw(file: Path, title: str, panels: Sequence[Panel]) -> None:
    """Write a chart with one panel above the other on the same axes."""
    import matplotlib as mpl  # noqa: PLC0415  # for pictures alone
    from matplotlib.figure import Figure  # noqa: PLC0415  # for pictures alone

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 4.6), layout="constrained")
        axes = figure.subplots(len(panels), 1, sharex=True, sharey=True)
        for panel, ax, colour in zip(panels, axes, COLOURS, strict=True):
            _draw_panel(ax, panel, colour)
        axes[-1].text(axes[-1].get_xlim()[0], LIMIT_MS * 1.2, LIMIT, **LABEL | LEFT)
        axes[-1].set_xlabel("seconds since the change began")
        figure.suptitle(title, fontsize=11)
        figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_panel(ax: Axes, panel: Panel, colour: str) -> None:
    seconds, longest = _longest(panel.waits)
    ax.axvspan(0, panel.change_seconds, color="#ececec", zorder=0)
    ax.text(panel.change_seconds / 2, 7_000, "the change runs", **LABEL)
    ax.fill_between(seconds, longest, 1, step="post", color=colour, linewidth=0)
    ax.axhline(LIMIT_MS, color="#555555", linewidth=0.8, linestyle="--")
    ax.set_yscale("log")
    ax.minorticks_off()
    ax.set_ylim(1, 20_000)
    ax.set_yticks(
        [1, 10, 100, 1000, 10_000], ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]
    )
    ax.set_ylabel("longest wait")
    ax.set_title(panel.title, loc="left", fontsize=10, color=colour)


def _longest(waits: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return the longest wait of the requests due in each bucket of time."""
    buckets: dict[int, float] = {}
    for due, wait in waits:
        bucket = int(due // BUCKET_SECONDS)
        buckets[bucket] = max(wait, buckets.get(bucket, 0.0))
    return [b * BUCKET_SECONDS for b in sorted(buckets)], [
        buckets[b] for b in sorted(buckets)
    ]
