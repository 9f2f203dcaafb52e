"""Describe the chart of a revision for plotly.js.

The latency of the application is above the steps and above a lane of locks for each
table, all on the same axis of seconds since the traffic began.

https://plotly.com/javascript/reference/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from alembic_zdt.rehearsal import answers_by_code, named_columns
from alembic_zdt.rehearsal.outcome import RevisionOutcome
from alembic_zdt.rehearsal.report.timeline import Bar, LockBar, locks_of, work_of
from alembic_zdt.tracing.traffic import Answer

Spec = dict[str, Any]

_MOST_POINTS = 4000
_MOST_LANES = 12
_LATENCY, _GAP, _LANE, _MARGIN = 240, 24, 30, 110
"""Pixels: the latency, the gap below it, a lane, and the legend with the axis."""
_LONGEST_LABEL = 24
_BAR = 0.6
_LEAST_MS = 0.5
_THINNEST = 2
"""Pixels of the shortest lock, so that it can be seen."""
_COLOURS = {
    "reads and writes": "#d1383d",
    "writes": "#d9822b",
    "other schema changes": "#3f7fbf",
    "nothing": "#8a8f98",
}
"""The colour of a lock by what it blocks; each is visible on white and on black."""
_ERROR, _WORK = "#d1383d", "#6a8f5a"
_OF_CODE = {named_columns.OLD: "#3f7fbf", named_columns.NEW: "#9a5fc0", "": "#3f7fbf"}


@dataclass(frozen=True)
class Chart:
    """A chart and its height.

    Attributes:
        spec: ``data`` and ``layout`` of plotly.js.
        height: pixels.
    """

    spec: Spec
    height: int


def chart_of(found: RevisionOutcome, bound: float, end: float, slowest: float) -> Chart:
    """Return the chart of one revision.

    Args:
        found: the results of the revision.
        bound: the seconds that the application may wait, as configured.
        end: where the axis of time ends, in seconds, the same for charts that are
            compared.
        slowest: the slowest answer of those charts, in seconds.
    """
    work, locks = work_of(found), locks_of(found)
    lanes = _lanes(locks)
    rows = [*(each.label for each in work), *lanes]
    bars = _LANE * max(1, len(rows))
    room = _LATENCY + _GAP + bars
    height = room + _MARGIN
    data = [*_latency(found.answers), *_bars(work, _WORK), *_lock_bars(locks, lanes)]
    return Chart(
        {
            "data": data,
            "layout": {
                "height": height,
                "barmode": "overlay",
                "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
                "legend": {"orientation": "h", "y": 1, "yanchor": "bottom"},
                "hovermode": "closest",
                "xaxis": {
                    "title": {"text": "seconds since the traffic began"},
                    "range": [0, end],
                    "anchor": "y2",
                    "automargin": True,
                },
                "yaxis": _latency_axis((bars + _GAP) / room, bound, slowest),
                "yaxis2": _lane_axis(bars / room, rows),
                "shapes": [_bound_line(bound)],
                "annotations": [_bound_words(bound)],
            },
        },
        height,
    )


def _latency_axis(low: float, bound: float, slowest: float) -> Spec:
    return {
        "title": {"text": "answer (ms)"},
        "type": "log",
        "range": [log10(_LEAST_MS), log10(2000 * max(bound, slowest, 0.01))],
        "domain": [low, 1],
        "automargin": True,
        "dtick": 1,
    }


def _lane_axis(high: float, rows: Sequence[str]) -> Spec:
    return {
        "domain": [0, high],
        "type": "category",
        # Two tables may have the same words on the axis, and have a lane each.
        "categoryarray": [_escaped(each) for each in rows],
        "categoryorder": "array",
        "tickvals": list(range(len(rows))),
        "ticktext": [_escaped(_axis_label(each)) for each in rows],
        "range": [len(rows) - 0.5, -0.5],
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"size": 11},
    }


def _axis_label(label: str) -> str:
    """Return a label that leaves room for the chart on a phone."""
    if len(label) <= _LONGEST_LABEL:
        return label
    half = (_LONGEST_LABEL - 3) // 2
    return f"{label[:half]}...{label[-half:]}"


def _bound_line(bound: float) -> Spec:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": "y",
        "y0": bound * 1000,
        "y1": bound * 1000,
        "line": {"color": _ERROR, "dash": "dash", "width": 1.5},
    }


def _bound_words(bound: float) -> Spec:
    return {
        "text": f"lock_timeout, {bound * 1000:,.0f} ms",
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "y",
        "y": log10(bound * 1000),
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11},
    }


def _latency(answers: Sequence[Answer]) -> Iterator[Spec]:
    """Yield a series of points for the answers to each code, and one for errors."""
    right = [each for each in answers if each.error is None]
    wrong = [each for each in answers if each.error is not None]
    for code, own in answers_by_code.by_code(right).items():
        name = f"answers to {answers_by_code.named(code)}"
        yield _points(name, _slowest(own), _OF_CODE[code], "circle", 5)
    if wrong:
        yield _points("errors", _slowest(wrong), _ERROR, "x", 9)


def _points(
    name: str, answers: Sequence[Answer], colour: str, symbol: str, size: int
) -> Spec:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [round(each.at, 4) for each in answers],
        "y": [max(round(each.took * 1000, 3), _LEAST_MS) for each in answers],
        "text": [_hover(each) for each in answers],
        "hovertemplate": "%{text}<br>%{y:.0f} ms, due at %{x:.2f} s<extra></extra>",
        "marker": {"color": colour, "symbol": symbol, "size": size, "opacity": 0.8},
    }


def _hover(answer: Answer) -> str:
    if answer.error is None:
        return _escaped(answer.statement)
    return f"{_escaped(answer.statement)}<br>{_escaped(answer.message)}"


def _escaped(text: str) -> str:
    """Return a text in which plotly.js finds no tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _slowest(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Leave out the fastest answers of a long run, so that the file stays small."""
    if len(answers) <= _MOST_POINTS:
        return answers
    kept = sorted(answers, key=lambda each: each.took)[-_MOST_POINTS:]
    return sorted(kept, key=lambda each: each.at)


def _lanes(locks: Sequence[LockBar]) -> list[str]:
    """Return the tables, those first whose locks block most."""
    worst: dict[str, int] = {}
    for each in locks:
        rank = list(_COLOURS).index(each.blocks)
        worst[each.label] = min(rank, worst.get(each.label, rank))
    ordered = sorted(worst, key=lambda label: (worst[label], label))
    return ordered[:_MOST_LANES]


def _lock_bars(locks: Sequence[LockBar], lanes: Sequence[str]) -> Iterator[Spec]:
    """Yield bars of locks; those that block least come first, below the others."""
    for blocks in reversed(_COLOURS):
        here = [each for each in locks if each.blocks == blocks]
        shown = [each for each in here if each.label in lanes]
        yield from _bars(shown, _COLOURS[blocks], f"lock that blocks {blocks}")
    queued = [each.in_the_queue for each in locks if each.label in lanes]
    waits = [each for each in queued if each is not None]
    pattern = {"shape": "/", "fgcolor": _ERROR, "bgcolor": "rgba(0,0,0,0)"}
    yield from _bars(waits, _ERROR, "waits for a lock", pattern)


def _bars(
    bars: Sequence[Bar],
    colour: str,
    name: str = "steps",
    pattern: Mapping[str, Any] | None = None,
) -> Iterator[Spec]:
    if not bars:
        return
    marker: Spec = {"color": colour, "line": {"color": colour, "width": _THINNEST}}
    if pattern:
        marker["pattern"] = dict(pattern)
    yield {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "yaxis": "y2",
        "y": [_escaped(each.label) for each in bars],
        "base": [round(each.began, 4) for each in bars],
        "x": [round(each.took, 4) for each in bars],
        "width": _BAR,
        "marker": marker,
        "text": [_escaped(each.words) for each in bars],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
