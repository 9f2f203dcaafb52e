"""Apply the same schema changes twice under live traffic: stock operations and ours.

    make demo
    ROWS=100000 python examples/shop/demo.py

Uses a throwaway PostgreSQL on loopback, or a database of its own on the server of
ZDT_DATABASE_URL; either is removed at the end, after Ctrl-C too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]  # run as a script or with -m

import psycopg  # noqa: E402
from alembic import command  # noqa: E402
from alembic.util import CommandError  # noqa: E402
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

from alembic_zdt.errors import UnsafeOperationError  # noqa: E402
from alembic_zdt.settings import Settings  # noqa: E402
from examples.shop import project, server, tables  # noqa: E402
from examples.shop.changes import CHANGES, Change  # noqa: E402
from examples.shop.fill import DEFAULT_ROWS, users_for  # noqa: E402
from examples.shop.guests import long_reader  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import NotDoneError, demand  # noqa: E402
from examples.shop.traffic import Report, Traffic, TrafficError  # noqa: E402
from tools.postgres import PostgresError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATE = 300
CONNECTIONS = 20
CONTROL_SECONDS = 3.0
PAUSE = 0.3
MINIMUM_ROWS = 1_000
FAILURES = (
    CommandError,
    NotDoneError,
    PostgresError,
    TrafficError,
    psycopg.Error,
    SQLAlchemyError,
)
GUARD_ON_SMALL_TABLES = "zdt.small_table_rows=0"


@dataclass(frozen=True)
class Half:
    """One side of the comparison.

    Attributes:
        title: for people.
        section: of ``alembic.ini``.
        settings: for ``alembic -x``.
    """

    title: str
    section: str
    settings: tuple[str, ...] = ()


STOCK = Half("Alembic's own operations", project.STOCK, (project.GUARD_OFF,))
OURS = Half("alembic_zdt", project.OURS)


@dataclass(frozen=True)
class Outcome:
    """What one change cost."""

    seconds: float
    report: Report

    @property
    def errors(self) -> int:
        """Requests that failed."""
        return sum(self.report.errors.values())


@dataclass(frozen=True)
class Demo:
    """A filled shop with traffic."""

    url: str
    traffic: Traffic

    def apply(self, half: Half, reader_seconds: float) -> dict[str, Outcome]:
        """Apply every change one by one, then go back to where it began."""
        outcomes = {}
        for change in CHANGES:
            if half is STOCK and not reader_seconds:
                tables.say(f"  the guard would stop this: {guard_message(change)}")
            outcome = self._measure(half, change, reader_seconds)
            outcomes[change.revision] = outcome
            wait = tables.duration(outcome.report.max_ms / 1000)
            took = tables.duration(outcome.seconds)
            tables.say(f"  {change.title:<30} took {took:>7}, longest wait {wait:>7}")
            time.sleep(PAUSE)
        with progress("going back"):
            downgrade = project.config(half.section, *half.settings)
            command.downgrade(downgrade, "0001")
        time.sleep(PAUSE)
        return outcomes

    def _measure(self, half: Half, change: Change, reader_seconds: float) -> Outcome:
        what = f"{half.title}, {change.title}"
        demand(self.url, f"NOT ({change.proof})", f"before {what}")
        with self._reader(change.table, reader_seconds), progress(change.title):
            start = time.monotonic()
            upgrade = project.config(half.section, *half.settings)
            command.upgrade(upgrade, change.revision)
            end = time.monotonic()
        demand(self.url, change.proof, what)
        return Outcome(end - start, self.traffic.report(start, end))

    def _reader(
        self, table: str, seconds: float
    ) -> contextlib.AbstractContextManager[object]:
        if not seconds:
            return contextlib.nullcontext()
        return long_reader(self.url, table, seconds)


def guard_message(change: Change) -> str:
    """Return the guard's message to the stock form of a change; nothing is sent.

    Raises:
        NotDoneError: the guard did not stop it.
    """
    config = project.config(project.STOCK, GUARD_ON_SMALL_TABLES)
    try:
        command.upgrade(config, change.revision)
    except UnsafeOperationError as error:
        return error.primary
    msg = f"the guard did not stop Alembic's own operation: {change.title}"
    raise NotDoneError(msg)


@contextlib.contextmanager
def open_shop(orders: int) -> Iterator[Demo]:
    """Create, fill and load a shop; remove it at the end."""
    with server.own_database() as url:
        project.create(url, orders)
        with Traffic(url, orders=orders, rate=RATE, connections=CONNECTIONS) as traffic:
            time.sleep(1)
            yield Demo(url, traffic)


def announce(half: Half, reader_seconds: float, orders: int) -> None:
    """Print what comes next, and that the guard is off where it is."""
    report = f", a report reads the table for {reader_seconds:g} s"
    tables.say(f"\n{half.title}{report if reader_seconds else ''}")
    if half is not STOCK:
        return
    tables.say(f"  The guard is off for this half (alembic -x {project.GUARD_OFF}).")
    small = Settings().small_table_rows
    if not reader_seconds and users_for(orders) <= small:
        tables.say(
            f"  It is asked with -x {GUARD_ON_SMALL_TABLES}: by default it lets "
            f"changes of tables with up to {small:,} rows pass."
        )


def comparison(
    title: str, stock: dict[str, Outcome], ours: dict[str, Outcome]
) -> tables.Table:
    """Return one row per change: stock and ours."""
    columns = (
        "change", "stock took", "longest wait", "errors",
        "ours took", "longest wait", "errors", "wait, ratio",
    )  # fmt: skip
    rows = [
        [c.title, *_cells(stock[c.revision]), *_cells(ours[c.revision]),
         ratio(stock[c.revision], ours[c.revision])]
        for c in CHANGES
    ]  # fmt: skip
    return tables.Table(title, columns, rows)


def ratio(stock: Outcome, ours: Outcome) -> str:
    """Return how many times longer the application waited for stock than for ours."""
    times = stock.report.max_ms / ours.report.max_ms
    return f"{times:.0f} : 1" if times >= 10 else f"{times:.1f} : 1"


def _cells(outcome: Outcome) -> list[str]:
    wait = tables.duration(outcome.report.max_ms / 1000)
    return [tables.duration(outcome.seconds), wait, str(outcome.errors)]


def run(orders: int, options: argparse.Namespace) -> None:
    """Measure everything, then print the two tables."""
    reader_seconds = options.reader_seconds
    with open_shop(orders) as demo:
        machine = f"{server.machine(demo.url)}; {orders:,} orders"
        tables.say(machine)
        with progress("watching the application without any change"):
            control = demo.traffic.watch(CONTROL_SECONDS)
        results = []
        for reader in (0.0, reader_seconds):
            for half in (STOCK, OURS):
                announce(half, reader, orders)
                results.append(demo.apply(half, reader))
    busy = f"A report reads the table for {reader_seconds:g} s"
    shown = (
        comparison("No other session on the table", *results[:2]),
        comparison(busy, *results[2:]),
    )
    footer = (
        f"{RATE} requests/s, timed from when they were due. "
        f"Without any change: longest wait {control.max_ms:.0f} ms.\n"
        f"Measured here: {machine}."
    )
    tables.show(*shown)
    tables.say(footer)
    if options.svg is not None:
        tables.write_svg(options.svg, "make demo", *shown, footer=footer)


def orders_wanted() -> int:
    """Return the number in ROWS, a million by default."""
    text = os.environ.get("ROWS") or str(DEFAULT_ROWS)
    if not text.isdecimal() or int(text) < MINIMUM_ROWS:
        msg = f'ROWS is "{text}"; it takes a number of orders from {MINIMUM_ROWS} up'
        raise CommandError(msg)
    return int(text)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--svg", type=Path, metavar="FILE", help="write the tables to FILE as a picture"
    )
    add("--reader-seconds", type=float, default=5, help="how long the report reads")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the exit code is 1 when a change failed, 130 after Ctrl-C."""
    options = parse(arguments)
    # A shell starts background jobs with SIGINT ignored.
    for order in (signal.SIGINT, signal.SIGTERM):
        signal.signal(order, signal.default_int_handler)
    try:
        run(orders_wanted(), options)
    except FAILURES as error:
        tables.say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        tables.say("interrupted; everything is cleaned up")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
