"""The same schema changes twice under live traffic: stock operations and ours.

    make demo
    ROWS=100000 python examples/shop/demo.py

Uses a throwaway PostgreSQL on loopback, or a database of its own on the server of
ZDT_DATABASE_URL; either is removed at the end, after Ctrl-C too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

SHOP = Path(__file__).resolve().parent
sys.path[:0] = [str(SHOP.parents[1])]  # run as a script or with -m

import psycopg  # noqa: E402
from alembic import command  # noqa: E402
from alembic.config import Config  # noqa: E402
from alembic.util import CommandError  # noqa: E402

from examples.shop import server, tables  # noqa: E402
from examples.shop.fill import DEFAULT_ROWS, fill  # noqa: E402
from examples.shop.guests import long_reader  # noqa: E402
from examples.shop.traffic import Report, Traffic  # noqa: E402
from tools.postgres import PostgresError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 300
CONNECTIONS = 20
READER_SECONDS = 5.0
CONTROL_SECONDS = 3.0
PAUSE = 0.3
MINIMUM_ROWS = 1_000
STOCK, OURS = "stock", "alembic"  # sections of alembic.ini


@dataclass(frozen=True)
class Change:
    """One revision after the first."""

    revision: str
    title: str
    table: str


CHANGES = (
    Change("0002", "index on orders.placed_at", "orders"),
    Change("0003", "unique users.email", "users"),
    Change("0004", "check on orders.total_cents", "orders"),
    Change("0005", "foreign key orders.user_id", "orders"),
    Change("0006", "orders.currency NOT NULL", "orders"),
)


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

    def apply(self, section: str, reader_seconds: float) -> dict[str, Outcome]:
        """Apply every change one by one, then go back to where it began."""
        outcomes = {}
        for change in CHANGES:
            outcome = self._measure(section, change, reader_seconds)
            outcomes[change.revision] = outcome
            wait = tables.duration(outcome.report.max_ms / 1000)
            took = tables.duration(outcome.seconds)
            tables.say(f"  {change.title:<30} took {took:>7}, longest wait {wait:>7}")
            time.sleep(PAUSE)
        command.downgrade(config(section), "0001")
        time.sleep(PAUSE)
        return outcomes

    def _measure(self, section: str, change: Change, reader_seconds: float) -> Outcome:
        with self._reader(change.table, reader_seconds):
            start = time.monotonic()
            command.upgrade(config(section), change.revision)
            end = time.monotonic()
        return Outcome(end - start, self.traffic.report(start, end))

    def _reader(
        self, table: str, seconds: float
    ) -> contextlib.AbstractContextManager[object]:
        if not seconds:
            return contextlib.nullcontext()
        return long_reader(self.url, table, seconds)


def config(section: str) -> Config:
    """Return the shop's configuration; its logging stays out of the demo's output."""
    made = Config(SHOP / "alembic.ini", ini_section=section)
    made.attributes["configure_logger"] = False
    return made


@contextlib.contextmanager
def open_shop(orders: int) -> Iterator[Demo]:
    """Create, fill and load a shop; remove it at the end."""
    with server.own_database() as url:
        os.environ["ZDT_DATABASE_URL"] = url
        start = time.monotonic()
        command.upgrade(config(STOCK), "0001")
        fill(url, orders)
        took = tables.duration(time.monotonic() - start)
        tables.say(f"filled with {orders:,} orders in {took}")
        with Traffic(url, orders=orders, rate=RATE, connections=CONNECTIONS) as traffic:
            time.sleep(1)
            yield Demo(url, traffic)


def compare(title: str, stock: dict[str, Outcome], ours: dict[str, Outcome]) -> None:
    """Print one row per change: stock beside ours."""
    columns = (
        "change", "stock took", "longest wait", "errors",
        "ours took", "longest wait", "errors", "wait, ratio",
    )  # fmt: skip
    rows = [
        [c.title, *_cells(stock[c.revision]), *_cells(ours[c.revision]),
         ratio(stock[c.revision], ours[c.revision])]
        for c in CHANGES
    ]  # fmt: skip
    tables.show(title, columns, rows)


def ratio(stock: Outcome, ours: Outcome) -> str:
    """Return how many times longer the application waited for stock than for ours."""
    times = stock.report.max_ms / ours.report.max_ms
    return f"{times:.0f} : 1" if times >= 10 else f"{times:.1f} : 1"


def _cells(outcome: Outcome) -> list[str]:
    wait = tables.duration(outcome.report.max_ms / 1000)
    return [tables.duration(outcome.seconds), wait, str(outcome.errors)]


def run(orders: int) -> None:
    """Measure everything, then print the two tables."""
    with open_shop(orders) as demo:
        tables.say(server.machine(demo.url))
        control = demo.traffic.watch(CONTROL_SECONDS)
        results = []
        for reader in (0.0, READER_SECONDS):
            for section, name in ((STOCK, "stock operations"), (OURS, "alembic_zdt")):
                with_reader = (
                    f", a report reads the table for {reader:.0f} s" if reader else ""
                )
                tables.say(f"\n{name}{with_reader}")
                results.append(demo.apply(section, reader))
        compare("Nothing else on the table", *results[:2])
        compare(f"A report reads the table for {READER_SECONDS:.0f} s", *results[2:])
        tables.say(
            f"{RATE} requests/s, timed from when they were due. "
            f"Without any migration: longest wait {control.max_ms:.0f} ms."
        )
        tables.say(f"Measured here: {server.machine(demo.url)}; {orders:,} orders.")


def orders_wanted() -> int:
    """Return the number in ROWS, a million by default."""
    text = os.environ.get("ROWS") or str(DEFAULT_ROWS)
    if not text.isdecimal() or int(text) < MINIMUM_ROWS:
        msg = f'ROWS is "{text}"; it takes a number of orders from {MINIMUM_ROWS} up'
        raise CommandError(msg)
    return int(text)


def main() -> int:
    """Run the demo; the exit code is 1 when a change failed, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(orders_wanted())
    except (CommandError, PostgresError, psycopg.Error) as error:
        tables.say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        tables.say("interrupted; everything is cleaned up")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
