"""Measure how long the application waits while a change runs.

    python benchmarks/stall.py                       # everything, about half an hour
    python benchmarks/stall.py --only check,not-null --scenarios quiet --rows 200000

Each change runs as a stock operation and as ours, under requests at a fixed rate that
are timed from the moment they were due:

* ``quiet``: nothing else on the table;
* ``reader``: one transaction reads the table and stays open;
* ``busy``: all the time, on average 20 transactions of about 200 ms are on the table.

The guard is off for the stock operations, which it would stop.  A change that is not
in the catalog afterwards has no row in the table, and the exit code is 1.

``--only lock`` compares ways to get ACCESS EXCLUSIVE; one that gives up at the
deadline is named below the table.  Windows without any migration, one before each
run, give the noise floor.
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

from alembic.util import CommandError  # noqa: E402
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

from benchmarks import strategies  # noqa: E402
from benchmarks.cases import CASES, LOCK_CASE, LOCK_STATEMENT, Case  # noqa: E402
from benchmarks.project import Project, forget  # noqa: E402
from benchmarks.results import Run, show, write_json  # noqa: E402
from examples.shop import project as shop  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.guests import Reader, long_reader, short_transactions  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import NotDoneError, demand  # noqa: E402
from examples.shop.traffic import Report, Traffic, TrafficError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SCENARIOS = ("quiet", "reader", "busy")
STOCK, OURS = "stock", "alembic_zdt"
WAYS = (STOCK, *strategies.STRATEGIES, OURS)
FAILURES = (CommandError, NotDoneError, SQLAlchemyError, TrafficError)
OUR_OP = "from alembic_zdt import op"  # works in a checkout, too


class GaveUpError(RuntimeError):
    """Another way to take the lock reached the deadline without it."""


class Bench:
    """A filled and loaded shop on which changes are measured.

    Args:
        url: of the shop.
        traffic: the application.
        options: of the command line.

    Attributes:
        controls: the application without a change, one window before each run.
        runs: the changes that were made.
        failures: the stock and own changes that were not made, and why.
        gave_up: runs of other ways that reached the deadline.
    """

    def __init__(self, url: str, traffic: Traffic, options: argparse.Namespace) -> None:
        self._url = url
        self.traffic = traffic
        self._options = options
        self.controls: list[Report] = []
        self.runs: list[Run] = []
        self.failures: list[str] = []
        self.gave_up: list[str] = []

    def measure(self, case: Case, scenario: str, how: str) -> None:
        """Run one change once, between its setup and its undo."""
        what = f"{case.name}, {scenario}, {how}"
        server.command(self._url, *case.setup)
        forget(self._url)
        time.sleep(self._options.pause)
        self.controls.append(self.traffic.watch(self._options.control_seconds))
        try:
            demand(self._url, f"NOT ({case.proof})", f"before {what}")
            with progress(what):
                run = self._timed(case, scenario, how)
            demand(self._url, case.proof, what)
        except GaveUpError:
            self._note(self.gave_up, f"{what}: gave up")
        except FAILURES as error:
            self._note(self.failures, f"{what}: not done: {error}")
        else:
            self._keep(run)
        finally:
            server.command(self._url, *case.undo)

    def _timed(self, case: Case, scenario: str, how: str) -> Run:
        with self._others(case.table, scenario) as reader:
            start = time.monotonic()
            self._apply(case, how)
            end = time.monotonic()
            ended = reader.ended if reader else None
        after = end - ended if ended and ended < end else None
        report = self.traffic.report(start, end)
        return Run(case.name, scenario, how, start, end - start, after, report)

    @contextlib.contextmanager
    def _others(self, table: str, scenario: str) -> Iterator[Reader | None]:
        if scenario == "reader":
            with long_reader(self._url, table, self._options.reader_seconds) as reader:
                yield reader
        elif scenario == "busy":
            crowd = {"average": self._options.average, "seconds": self._options.short}
            rows = self._options.rows
            with short_transactions(self._url, table, orders=rows, **crowd):
                yield None
        else:
            yield None

    def _apply(self, case: Case, how: str) -> None:
        """Apply the change, or raise."""
        if how in strategies.STRATEGIES:
            limit = self._options.deadline
            if not strategies.run(how, self._url, LOCK_STATEMENT, limit):
                raise GaveUpError
            return
        if how == STOCK:
            body, name, value = case.stock, *shop.GUARD_OFF.split("=")
        else:
            body, name = f"{OUR_OP}\n{case.ours}", "zdt.lock_deadline"
            value = f"{self._options.deadline:g}s"
        with Project([body]) as project:
            project.upgrade({name: value})

    def _keep(self, run: Run) -> None:
        self.runs.append(run)
        wait = tables.duration(run.report.max_ms / 1000)
        took = tables.duration(run.seconds)
        what = f"{run.change}, {run.scenario}, {run.how}"
        tables.say(f"{what:<42} took {took}, longest wait {wait}")

    def _note(self, lines: list[str], line: str) -> None:
        lines.append(line)
        tables.say(line)


def plan(options: argparse.Namespace) -> Iterator[tuple[Case, str, str]]:
    """Yield what to measure: change, scenario, how."""
    for case in (*CASES, LOCK_CASE):
        if options.only and case.name not in options.only:
            continue
        ways = (STOCK, OURS) if case is not LOCK_CASE else WAYS
        for scenario in options.scenarios:
            if scenario != "busy" or case.exclusive:
                yield from ((case, scenario, h) for h in ways if h in options.how)


@contextlib.contextmanager
def open_bench(options: argparse.Namespace) -> Iterator[Bench]:
    """Fill a shop, load it, remove it at the end."""
    with server.own_database() as url:
        os.environ["ZDT_BENCH_URL"] = url
        shop.create(url, options.rows)
        tables.say(f"{server.machine(url)}; {options.rows:,} orders")
        load = {"rate": options.rate, "connections": options.connections}
        with Traffic(url, orders=options.rows, **load) as traffic:
            time.sleep(2)
            yield Bench(url, traffic, options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON.

    The exit code is 1 when a stock or own change was not made, 130 after Ctrl-C.
    """
    options = parse(arguments)
    with open_bench(options) as bench:
        machine = (
            f"{server.machine(os.environ['ZDT_BENCH_URL'])}; {options.rows:,} orders"
        )
        interrupted = not run_all(bench, options)
    if bench.runs:
        show(bench.runs, bench.controls)
        for line in bench.gave_up:
            tables.say(line)
        tables.say(f"Measured here: {machine}; {options.rate:g} requests/s.")
        write_json(options, machine, bench.runs, bench.controls)
    for line in bench.failures:
        tables.say(f"FAILED: {line}")
    return 130 if interrupted else int(bool(bench.failures))


def run_all(bench: Bench, options: argparse.Namespace) -> bool:
    """Measure what was asked for; return False after Ctrl-C."""
    try:
        for case, scenario, how in plan(options):
            for _ in range(options.repeat):
                bench.measure(case, scenario, how)
    except KeyboardInterrupt:
        tables.say("interrupted; results so far:")
        return False
    return True


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    names = [case.name for case in (*CASES, LOCK_CASE)]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=2_000_000, help="orders (users: half of that)")
    add("--rate", type=float, default=500, help="requests per second")
    add("--connections", type=int, default=40, help="the application's pool")
    add("--reader-seconds", type=float, default=30, help="how long the reader reads")
    add("--average", type=float, default=20, help="busy: transactions at once")
    add("--short", type=float, default=0.2, help="busy: seconds each of them lasts")
    add("--deadline", type=float, default=90, help="seconds until a lock is given up")
    add("--control-seconds", type=float, default=5, help="length of a control window")
    add("--pause", type=float, default=0.5, help="seconds of rest before each run")
    add("--repeat", type=int, default=1, help="runs of each row; the table has medians")
    add("--only", type=names_of(names), help=f"comma-separated: {', '.join(names)}")
    add("--scenarios", type=names_of(SCENARIOS), default=list(SCENARIOS))
    add("--how", type=names_of(WAYS), default=list(WAYS))
    add("--json", type=Path, metavar="FILE", help="default: standard output")
    return parser.parse_args(arguments)


def names_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return a parser of comma-separated names, each one of the known ones."""

    def names(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                msg = f'"{name}" is none of {", ".join(known)}'
                raise argparse.ArgumentTypeError(msg)
        return chosen

    return names


if __name__ == "__main__":
    sys.exit(main())
