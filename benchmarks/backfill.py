"""Measure what a backfill costs, and how long the application waits while it runs.

    python benchmarks/backfill.py                    # everything, some 20 minutes
    python benchmarks/backfill.py --only two-indexes,room --rows 500000 --repeat 3

Each table is created again and backfilled by one UPDATE, by ours, by ours in whole
pages, and by batches in the order of the key with a marker column, under requests at a
fixed rate that are timed from the moment they were due.  A backfill that leaves a row
without its value ends the program with exit code 1.  Windows without any backfill,
one before each run, give the noise floor.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks.backfill_cases import (  # noqa: E402
    CASES,
    COLUMN,
    SEED,
    VALUE,
    WAYS,
    Case,
)
from benchmarks.backfill_results import (  # noqa: E402
    Footprint,
    Run,
    show,
)
from benchmarks.results import write_json  # noqa: E402
from benchmarks.stall import names_of  # noqa: E402
from examples.shop import project, server, tables  # noqa: E402
from examples.shop.guests import long_reader  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import NotDoneError, demand  # noqa: E402
from examples.shop.traffic import Report, Traffic, TrafficError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONG = 3600.0
_FILLED = f"NOT EXISTS (SELECT FROM orders WHERE {COLUMN} IS NULL)"
_RIGHT = f"NOT EXISTS (SELECT FROM orders WHERE {COLUMN} NOT IN ({VALUE}, 0))"


class Bench:
    """A filled shop whose table of orders is backfilled again and again."""

    def __init__(self, url: str, options: argparse.Namespace) -> None:
        self._url = url
        self._options = options
        self.controls: list[Report] = []
        self.runs: list[Run] = []

    def measure(self, case: Case, how: str) -> None:
        """Create the table, load it, backfill it, check every row."""
        server.command(self._url, *case.setup)
        options = self._options
        load = {"rate": options.rate, "connections": options.connections}
        with Traffic(self._url, orders=options.rows, **load) as traffic:
            time.sleep(1)
            self.controls.append(traffic.watch(options.control_seconds))
            with self._snapshot(case), progress(f"{case.name}, {how}"):
                run = self._timed(case, how, traffic)
        self._note(run)

    def _timed(self, case: Case, how: str, traffic: Traffic) -> Run:
        before = Footprint.now(self._url)
        start = time.monotonic()
        WAYS[how](self._url)
        end = time.monotonic()
        report = traffic.report(start, end)
        # The first to read the table clears it up, and writes WAL; our proof did so.
        self._check(case, how)
        after = Footprint.now(self._url)
        return Run(
            case.name, how, self._options.rows, end - start, before, after, report
        )

    def _check(self, case: Case, how: str) -> None:
        for condition in (_FILLED, _RIGHT):
            demand(self._url, condition, f"{case.name}, {how}")

    @contextlib.contextmanager
    def _snapshot(self, case: Case) -> Iterator[None]:
        if case.snapshot:
            with long_reader(self._url, "users", _LONG):
                yield
        else:
            yield

    def _note(self, run: Run) -> None:
        self.runs.append(run)
        tables.say(
            f"{run.case + ', ' + run.how:<28} took {tables.duration(run.seconds)}, "
            f"{run.rows_per_second:,.0f} rows/s, {run.wal_per_row:.0f} B/row, "
            f"longest wait {run.report.max_ms:.0f} ms"
        )


@contextlib.contextmanager
def open_bench(options: argparse.Namespace) -> Iterator[Bench]:
    """Fill a shop, remove it at the end."""
    with server.own_database(wal_segments=options.wal_segments) as url:
        os.environ["ZDT_BENCH_URL"] = url
        project.create(url, options.rows)
        server.command(
            url, "DROP TABLE order_items", f"ALTER TABLE orders RENAME TO {SEED}"
        )
        yield Bench(url, options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and the goals, write the JSON.

    The exit code is 1 when a backfill left a row, 130 after Ctrl-C.
    """
    options = parse(arguments)
    try:
        with open_bench(options) as bench:
            url = os.environ["ZDT_BENCH_URL"]
            machine = f"{server.machine(url)}; {options.rows:,} orders"
            tables.say(machine)
            interrupted = not run_all(bench, options)
    except (NotDoneError, TrafficError) as error:
        tables.say(f"FAILED: {error}")
        return 1
    if bench.runs:
        show(bench.runs, bench.controls)
        tables.say(f"Measured here: {machine}; {options.rate:g} requests/s.")
        write_json(options, machine, bench.runs, bench.controls)
    return 130 if interrupted else 0


def run_all(bench: Bench, options: argparse.Namespace) -> bool:
    """Measure what was asked for; return False after Ctrl-C."""
    cases = [case for case in CASES if case.name in options.only]
    try:
        for _ in range(options.repeat):
            for case in cases:
                for how in options.how:
                    bench.measure(case, how)
    except KeyboardInterrupt:
        tables.say("interrupted; results so far:")
        return False
    return True


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=2_000_000, help="orders")
    add("--rate", type=float, default=500, help="requests per second")
    add("--connections", type=int, default=40, help="the application's pool")
    add("--control-seconds", type=float, default=5, help="length of a control window")
    add("--repeat", type=int, default=1, help="runs of each row; the table has medians")
    add("--only", type=names_of(names), default=names, help=", ".join(names))
    add("--how", type=names_of(list(WAYS)), default=list(WAYS), help=", ".join(WAYS))
    add("--wal-segments", type=int, default=160, help="to recycle, of a server of ours")
    add("--json", type=Path, metavar="FILE", help="default: standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
