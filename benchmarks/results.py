"""What was measured: one table for people, JSON for everything else."""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from examples.shop import tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from examples.shop.traffic import Report


@dataclass(frozen=True)
class Run:
    """One change that was made, and what the application saw of it.

    Attributes:
        change: its name.
        scenario: the other sessions on the table.
        how: stock, ours, or another way.
        began: when, on the monotonic clock.
        seconds: how long the change took.
        seconds_after_reader: the part of it after the long reader had ended.
        report: the application's waits.
    """

    change: str
    scenario: str
    how: str
    began: float
    seconds: float
    seconds_after_reader: float | None
    report: Report

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return asdict(self) | {
            "seconds": round(self.seconds, 3),
            "report": self.report.as_dict(),
        }


def show(runs: Sequence[Run], controls: Sequence[Report]) -> None:
    """Print one row per change, scenario and way: medians over the repeats."""
    floor = statistics.median(control.p999_ms for control in controls)
    columns = (
        "change", "others", "how", "took", "after reader", "max ms",
        "p99.9 ms", "/ control", "write gap ms", "> 100 ms", "errors",
    )  # fmt: skip
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.change, run.scenario, run.how), []).append(run)
    rows = [[*key, *_figures(group, floor)] for key, group in groups.items()]
    tables.show(tables.Table("Waits of the application", columns, rows))
    worst = max(control.max_ms for control in controls)
    tables.say(
        f"control, no migration: {len(controls)} windows, median p99.9 {floor:.1f} ms, "
        f"median max {statistics.median(c.max_ms for c in controls):.1f} ms, "
        f"worst max {worst:.1f} ms"
    )


def _figures(group: Sequence[Run], floor: float) -> list[str]:
    reports = [run.report for run in group]
    p999 = statistics.median(report.p999_ms for report in reports)
    noticed = statistics.median(r.over_100_ms / r.requests for r in reports)
    afters = [
        r.seconds_after_reader for r in group if r.seconds_after_reader is not None
    ]
    return [
        tables.duration(statistics.median(run.seconds for run in group)),
        tables.duration(statistics.median(afters)) if afters else "",
        f"{statistics.median(report.max_ms for report in reports):.1f}",
        f"{p999:.1f}",
        f"{p999 / floor:.1f}",
        f"{statistics.median(report.write_gap_ms for report in reports):.0f}",
        f"{noticed:.1%}",
        str(sum(sum(report.errors.values()) for report in reports)),
    ]


class Measured(Protocol):
    """A run of whichever benchmark."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""


def write_json(
    options: argparse.Namespace,
    machine: str,
    runs: Sequence[Measured],
    controls: Sequence[Report],
) -> None:
    """Write every single run to the file of ``--json``, or to standard output."""
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "options": vars(options) | {"json": str(options.json)},
        "controls": [control.as_dict() for control in controls],
        "runs": [run.as_dict() for run in runs],
    }
    text = json.dumps(document, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    else:
        sys.stdout.write(text)
