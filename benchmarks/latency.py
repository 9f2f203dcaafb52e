"""Draw how long each request waits while one change runs, stock and ours.

    python benchmarks/latency.py --svg latency.svg     # about half a minute
    python benchmarks/latency.py --change check --reader-seconds 8 --svg check.svg

Runs one change of ``stall.py`` twice while a transaction reads the table and stays
open, and draws the longest wait of the requests of each 50 ms.  A change that is not
made draws nothing, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import chart, stall  # noqa: E402
from benchmarks.cases import CASES  # noqa: E402
from examples.shop import tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.results import Run

BEFORE, AFTER = 1.0, 2.0
TITLES = {stall.STOCK: "Alembic's own operation", stall.OURS: "alembic_zdt"}


def panel(bench: stall.Bench, run: Run) -> chart.Panel:
    """Return one half of the picture: the change, and the waits around it."""
    first, last = run.began - BEFORE, run.began + run.seconds + AFTER
    samples = bench.traffic.samples(first, last)
    longest = tables.duration(run.report.max_ms / 1000)
    return chart.Panel(
        title=f"{TITLES[run.how]}: longest wait {longest}",
        waits=[(s.due - run.began, s.milliseconds) for s in samples],
        change_seconds=run.seconds,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw; the exit code is 1 when a change was not made."""
    options = parse(arguments)
    case = next(case for case in CASES if case.name == options.change)
    chosen = ["--scenarios=reader", f"--only={case.name}", *passed_on(options)]
    with stall.open_bench(stall.parse(chosen)) as bench:
        for how in (stall.STOCK, stall.OURS):
            bench.measure(case, "reader", how)
        if bench.failures:
            return 1
        panels = [panel(bench, run) for run in bench.runs]
        title = (
            f"{case.name} on a table of {options.rows:,} rows, "
            f"which a report reads for {options.reader_seconds:g} s"
        )
        chart.draw(options.svg, title, panels)
    tables.say(f"{options.svg}: {'; '.join(panel.title for panel in panels)}")
    return 0


def passed_on(options: argparse.Namespace) -> list[str]:
    """Return what ``stall.py`` takes, too."""
    names = ("rows", "rate", "reader_seconds", "control_seconds")
    return [f"--{n.replace('_', '-')}={getattr(options, n)}" for n in names]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    names = [case.name for case in CASES]
    add("--svg", type=Path, metavar="FILE", required=True, help="the picture")
    add("--change", choices=names, default="not-null", help=", ".join(names))
    add("--rows", type=int, default=1_000_000, help="orders (users: half of that)")
    add("--rate", type=float, default=300, help="requests per second")
    add("--reader-seconds", type=float, default=5, help="how long the report reads")
    add("--control-seconds", type=float, default=3, help="length of a control window")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
