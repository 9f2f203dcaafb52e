"""Compare the estimates of ``plan`` with the times of the steps.

    python benchmarks/estimates.py                          # about half an hour
    python benchmarks/estimates.py --rows 200000 --rows 400000

Tables of several sizes are built.  Each change is planned, then run.  The first change
of a kind is estimated from defaults, each later one from those that have run before.
The exit code is 1 if fewer than 90 % of the latter end within their range.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from alembic_zdt.commands.plan import make_plan  # noqa: E402
from alembic_zdt.commands.plan_output import as_json  # noqa: E402
from benchmarks.project import Project  # noqa: E402
from examples.shop import server, tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

WANTED_SHARE = 0.9
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
MEASURED = """
SELECT seconds, table_bytes, table_rows, chosen_rows, stored_bytes, indexes,
    other_bytes, kind FROM alembic_zdt_step ORDER BY at DESC LIMIT 1"""
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
        measured: the row of the history.
    """

    change: str
    rows: int
    estimate: dict[str, Any]
    seconds: float
    wal: int
    measured: Sequence[Any]

    @property
    def is_within(self) -> bool:
        """Check whether the time is within the range."""
        times = self.estimate["seconds"]
        return bool(times["low"] <= self.seconds <= times["high"])


def compared(
    connection: psycopg.Connection, project: Project, change: str, rows: int
) -> Comparison:
    """Plan the next revision, run it, and return both."""
    plan = as_json(make_plan(project.config(), "+1"))
    (found,) = [
        step["estimate"]
        for revision in plan["revisions"]
        for operation in revision["operations"]
        for step in operation["steps"]
        if step["estimate"]
    ]
    lsn = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    project.upgrade({}, "+1")
    wal = connection.execute(
        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [lsn]
    ).fetchone()[0]
    row = connection.execute(MEASURED).fetchone()
    if row is None:
        message = f"{change} on {rows:,} rows was not measured"
        raise SystemExit(message)
    seconds, *measured = row
    return Comparison(change, rows, found, seconds, int(wal), measured)


def run(options: argparse.Namespace) -> Iterator[Comparison]:
    """Build the tables, and yield the comparisons."""
    order = [(change, rows) for rows in options.rows for change in CHANGES]
    random.Random(options.seed).shuffle(order)
    bodies = [
        PREAMBLE + CHANGES[change].format(n=rows, t=f"readings_{rows}")
        for change, rows in order
    ]
    with server.own_database() as url, server.connect(url) as connection:
        os.environ["ZDT_BENCH_URL"] = url
        connection.autocommit = True
        connection.execute(PLACES)
        for rows in options.rows:
            for statement in TABLE.format(rows=rows).split(";\n"):
                connection.execute(statement)
        with Project(bodies) as project:
            for change, rows in order:
                yield compared(connection, project, change, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if too few estimates were right."""
    options = parse(arguments)
    found = []
    lines = []
    for each in run(options):
        found.append(each)
        times = each.estimate["seconds"]
        lines.append(
            (
                *(each.change, f"{each.rows:,}", each.estimate["source"]),
                f"{times['low']:.1f} - {times['high']:.1f}",
                f"{times['likely']:.1f}",
                f"{each.seconds:.1f}",
                "yes" if each.is_within else "no",
                f"{each.estimate['wal_bytes'] / 2**20:.0f}",
                f"{each.wal / 2**20:.0f}",
            )
        )
        tables.say(", ".join(map(str, lines[-1])))
    if options.json:
        options.json.write_text(json.dumps([asdict(e) for e in found], default=float))
    known = [each for each in found if each.estimate["source"] == "history"]
    right = sum(each.is_within for each in known)
    tables.say(f"{right} of {len(known)} estimates with a history were right")
    return 0 if known and right >= WANTED_SHARE * len(known) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, action="append", help="of a table; several are possible")
    add("--seed", type=int, default=25, help="of the order of the changes")
    add("--json", type=Path, metavar="FILE", help="everything that was measured")
    options = parser.parse_args(arguments)
    options.rows = options.rows or list(SIZES)
    return options


if __name__ == "__main__":
    sys.exit(main())
