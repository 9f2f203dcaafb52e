"""Compare the estimates of ``plan`` with the times of the steps.

    python benchmarks/estimates.py                          # about half an hour
    python benchmarks/estimates.py --rows 200000 --rows 400000

Tables of several sizes are built.  Each change is planned, then run.  The first change
of a kind is estimated from defaults, each later one from those that have run before.
The exit code is 1 if fewer than 90 % of the latter end within their range.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from alembic_zdt.commands.plan import make_plan  # noqa: E402
from alembic_zdt.commands.plan_output import estimate_json  # noqa: E402
from alembic_zdt.estimates.time_left import seconds_left, share_done  # noqa: E402
from benchmarks.project import Project  # noqa: E402
from examples.shop import server, tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from alembic_zdt.estimates.estimate import Estimate

WANTED_SHARE = 0.9
MOST_WRONG = 0.3
SIZES = (1_000_000, 4_000_000, 16_000_000)
PLACES = """
CREATE TABLE place (id int PRIMARY KEY);
INSERT INTO place SELECT generate_series(0, 9999)"""
TABLE = """
CREATE TABLE readings_{rows} (id int PRIMARY KEY, place int NOT NULL, name text,
    taken timestamptz NOT NULL, plain int, lower_name text, many int);
INSERT INTO readings_{rows}
SELECT n, hashint4(n) & 8191, md5(n::text),
    '2026-01-01'::timestamptz + n * interval '1s' FROM generate_series(1, {rows}) n;
VACUUM ANALYZE readings_{rows};
ALTER TABLE readings_{rows} ADD CONSTRAINT has_name CHECK (length(name) > 3) NOT VALID;
ALTER TABLE readings_{rows} ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
ALTER TABLE readings_{rows} ADD CONSTRAINT of_place FOREIGN KEY (place)
    REFERENCES place NOT VALID;
ALTER TABLE readings_{rows} ADD CONSTRAINT of_place2 FOREIGN KEY (place)
    REFERENCES place NOT VALID;
"""
CHANGES = {
    "index, int": 'op.create_index_concurrently("i1_{n}", "{t}", ["place"])',
    "index, text": 'op.create_index_concurrently("i2_{n}", "{t}", ["name"])',
    "index, two columns": 'op.create_index_concurrently("i3_{n}", "{t}",'
    ' ["place", "taken"])',
    "index, expression": 'op.create_index_concurrently("i4_{n}", "{t}",'
    ' [sa.text("upper(name)")])',
    "index, tenth of the rows": 'op.create_index_concurrently("i5_{n}", "{t}",'
    ' ["taken"], postgresql_where=sa.text("place < 819"))',
    "check, function": 'op.validate_constraint("has_name", "{t}")',
    "check, comparison": 'op.validate_constraint("positive", "{t}")',
    "foreign key": 'op.validate_constraint("of_place", "{t}")',
    "foreign key again": 'op.validate_constraint("of_place2", "{t}")',
    "backfill, int": 'op.backfill("{t}", {{"plain": "id + 1"}})',
    "backfill, text": 'op.backfill("{t}", {{"lower_name": "lower(name)"}})',
    "backfill, third of the rows": 'op.backfill("{t}", {{"many": "place"}},'
    ' where="many IS NULL AND place % 3 = 0")',
}
LSN = "SELECT pg_current_wal_insert_lsn()"
MEASURED = """
SELECT seconds, extract(epoch FROM clock_timestamp() - at)
  FROM alembic_zdt_step ORDER BY at DESC LIMIT 1"""
STATE = """
SELECT phase, 100.0 * coalesce(blocks_done::float8 / nullif(blocks_total, 0),
    tuples_done::float8 / nullif(tuples_total, 0))
  FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p USING (pid)
 WHERE a.datname = current_database() AND state = 'active'
   AND query ~ '^(CREATE INDEX|ALTER TABLE .* VALIDATE)'"""
"""The phase of a build, NULL for a validation."""

PREAMBLE = "import sqlalchemy as sa\nfrom alembic_zdt import op\n"


@dataclass(frozen=True)
class Comparison:
    """What was estimated for a change, and how long it took.

    Attributes:
        change: its name.
        rows: of the table.
        estimate: of the plan.
        seconds: how long the step ran.
        wal: bytes of WAL that were written meanwhile.
        left: how far the time left was wrong at a quarter, half and three quarters of
            the time: 0.2 means that it was 20 % of the rest too long or too short.
    """

    change: str
    rows: int
    estimate: dict[str, Any]
    seconds: float
    wal: int
    left: Sequence[float | None]

    @property
    def is_within(self) -> bool:
        """Check whether the time is within the range."""
        times = self.estimate["seconds"]
        return bool(times["low"] <= self.seconds <= times["high"])

    @property
    def is_known(self) -> bool:
        """Check whether a step of this kind had run before."""
        return bool(self.estimate["source"] == "history")

    @property
    def cells(self) -> list[str]:
        """Return the row for the table."""
        times = self.estimate["seconds"]
        range_ = f"{times['low']:.1f} - {times['high']:.1f}"
        return [
            *(self.change, f"{self.rows:,}", self.estimate["source"], range_),
            *(f"{self.seconds:.1f}", "yes" if self.is_within else "no"),
            f"{self.estimate['wal_bytes'] / 2**20:.0f}",
            f"{self.wal / 2**20:.0f}",
            ", ".join("-" if each is None else f"{each:.0%}" for each in self.left),
        ]


class Watcher(contextlib.AbstractContextManager["Watcher"]):
    """A thread that notes the time left, as the progress line would say it.

    Args:
        url: of the database.
        expected: the estimate of the step.
    """

    def __init__(self, url: str, expected: Estimate) -> None:
        self._connection = server.connect(url)
        self._expected = expected
        self._over = threading.Event()
        self._noted: list[tuple[float, float | None]] = []
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join()
        self._connection.close()

    def wrong_by(self, ended: float, seconds: float) -> list[float | None]:
        """Return the relative errors at a quarter, half and three quarters."""
        found = []
        for part in (0.25, 0.5, 0.75):
            at = ended - seconds * (1 - part)
            notes = [left for when, left in self._noted if when <= at]
            rest, left = ended - at, notes[-1] if notes else None
            found.append(None if left is None else left / rest - 1)
        return found

    def _watch(self) -> None:
        began: float | None = None
        while not self._over.wait(0.02):
            row = self._connection.execute(STATE).fetchone()
            now = time.monotonic()
            if row is None:
                continue
            began = now if began is None else began
            phase, percent = row
            share = None if phase is None else share_done(phase, percent)
            self._noted.append((now, seconds_left(now - began, share, self._expected)))


def estimate_of_next(project: Project) -> Estimate:
    """Return the estimate of the next revision's step that has one."""
    plan = make_plan(project.config(), "+1")
    (found,) = [
        step.estimate
        for revision in plan.revisions
        for step in revision.steps
        if step.estimate is not None
    ]
    return found


def compared(
    connection: psycopg.Connection, url: str, project: Project, change: str, rows: int
) -> Comparison:
    """Plan the next revision, run it, and return both."""
    expected = estimate_of_next(project)
    before = server.scalar(url, LSN)
    with Watcher(url, expected) as watcher:
        project.upgrade({"zdt_progress": "off"}, "+1")
    wal = server.scalar(url, f"SELECT pg_wal_lsn_diff(({LSN}), '{before}')::int8")
    row = connection.execute(MEASURED).fetchone()
    if row is None:
        message = f"{change} on {rows:,} rows was not measured"
        raise SystemExit(message)
    seconds, ended = float(row[0]), time.monotonic() - float(row[1])
    left = watcher.wrong_by(ended, seconds)
    as_data = estimate_json(expected)
    return Comparison(change, rows, as_data, seconds, int(str(wal)), left)


def run(options: argparse.Namespace) -> Iterator[Comparison]:
    """Build the tables, and yield the comparisons."""
    order = [(change, rows) for rows in options.rows for change in options.change]
    random.Random(options.seed).shuffle(order)
    bodies = [
        PREAMBLE + CHANGES[change].format(n=rows, t=f"readings_{rows}")
        for change, rows in order
    ]
    with server.own_database() as url, server.connect(url) as connection:
        tables.say(server.machine(url))
        os.environ["ZDT_BENCH_URL"] = url
        for statement in (PLACES, *(t for n in options.rows for t in table_of(n))):
            connection.execute(statement)
        with Project(bodies) as project:
            for change, rows in order:
                yield compared(connection, url, project, change, rows)


def table_of(rows: int) -> list[str]:
    """Return the statements that make a table."""
    return TABLE.format(rows=rows).split(";\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if too few estimates were right."""
    options = parse(arguments)
    found = []
    for each in run(options):
        found.append(each)
        tables.say("  ".join(each.cells))
    columns = (
        *("change", "rows", "from", "estimate s", "took s", "within", "WAL MB"),
        *("written", "time left wrong by"),
    )
    tables.show(tables.Table("Estimates", columns, [each.cells for each in found]))
    if options.json:
        options.json.write_text(json.dumps([asdict(e) for e in found], default=float))
    known = [each for each in found if each.is_known]
    right = sum(each.is_within for each in known)
    tables.say(f"{right} of {len(known)} estimates with a history were right")
    lefts = [left for e in known for left in e.left if left is not None]
    close = sum(abs(left) <= MOST_WRONG for left in lefts)
    tables.say(f"{close} of {len(lefts)} times left were right within 30 %")
    return 0 if known and right >= WANTED_SHARE * len(known) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, action="append", help="of a table; several are possible")
    add("--change", action="append", choices=list(CHANGES), help="only such changes")
    add("--seed", type=int, default=25, help="of the order of the changes")
    add("--json", type=Path, metavar="FILE", help="everything that was measured")
    options = parser.parse_args(arguments)
    options.rows = options.rows or list(SIZES)
    options.change = options.change or list(CHANGES)
    return options


if __name__ == "__main__":
    sys.exit(main())
