"""Measure what the guard costs a chain of stock revisions, beside plain Alembic.

    python benchmarks/guard_chain.py                      # about four minutes
    python benchmarks/guard_chain.py --revisions 30 --pairs 1

* ``empty``: 300 revisions with 1,000 operations, as they come together in years, on an
  empty database: ``alembic upgrade head`` with the package and without;
* ``old tables``: 60 revisions with 240 operations on tables that were there before, one
  of them large, so that the guard has to ask about each of them.

Measured in pairs, in alternating order; the result is the median of the ratios of the
processor time with its quartiles, and of the time.  Each call of a revision is timed,
and its time without the package is taken off.  The questions are the statements that
only the run with the package sends, for each operation.  More than 1.3 times the
processor time of Alembic for ``empty``, more than 2 ms for a call (median or mean),
and a side that leaves another catalog than the other one end the program with exit
code 1.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import call_times, environments  # noqa: E402
from benchmarks.overhead import UPGRADE, Result, Seconds, pairs, run_alembic  # noqa: E402
from benchmarks.project import ENV, Project  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.proofs import NotDoneError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CASES = ("empty", "old tables")
RATIO = 1.3
MILLISECONDS = 2.0
MADE = "CREATE TABLE {name} AS SELECT n AS id FROM generate_series(1, {rows}) n"
OLD_TABLES = [*(f"old{n}" for n in range(40)), "large"]
COUNTING = """
import atexit, pathlib
from sqlalchemy import event
sent = []
event.listen(engine, "before_cursor_execute", lambda *given: sent.append(1))
atexit.register(lambda: pathlib.Path("sent").write_text(str(len(sent))))
"""
CATALOG = """\
(SELECT string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid::regtype,
    a.attnotnull), ',' ORDER BY c.relname, a.attname)
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^(alembic_zdt|bench)_'
    AND c.relkind IN ('r', 'i', 'v'))"""


@dataclass
class Table:
    """A table of the chain: its columns, and the names of what stands on them."""

    name: str
    columns: list[str] = field(default_factory=lambda: ["name"])
    indexes: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)


class Chain:
    """The operations of a chain of revisions, drawn always in the same way."""

    def __init__(self, seed: int) -> None:
        self._draw, self._number = random.Random(seed), 0
        self._tables: list[Table] = []

    def bodies(self, revisions: int, operations: int) -> list[str]:
        """Return the bodies of revisions that have so many operations together."""
        sizes = [operations // revisions] * revisions
        for extra in range(operations % revisions):
            sizes[extra] += 1
        self._draw.shuffle(sizes)
        return [
            "\n".join(["import sqlalchemy as sa", *map(self._next, range(size))])
            for size in sizes
        ]

    def _next(self, _number: int) -> str:
        self._number += 1
        if len(self._tables) < 3:
            return self._create_table(f"t{self._number}")
        makers, weights = zip(*self._makers(), strict=True)
        (make,) = self._draw.choices(makers, weights)
        found: str = make(self._draw.choice(self._tables))
        return found

    def _makers(self) -> list[tuple[Callable[[Table], str], int]]:
        return [
            (lambda _table: self._create_table(f"t{self._number}"), 14),
            (self._add_column, 26),
            (self._create_index, 15),
            (self._alter_column, 12),
            (self._unique, 5),
            (self._foreign_key, 6),
            (self._drop, 8),
            (self._in_batch, 4),
            (self._sql, 4),
            (self._rows, 6),
        ]

    def _create_table(self, name: str) -> str:
        self._tables.append(Table(name))
        return (
            f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True),'
            ' sa.Column("name", sa.String(40)), sa.Column("up", sa.Integer))'
        )

    def _add_column(self, table: Table) -> str:
        column = f"c{self._number}"
        table.columns.append(column)
        kind = self._draw.choice(
            ["sa.Text()", "sa.String(80)", "sa.String(20), server_default='x'"]
        )
        return f'op.add_column("{table.name}", sa.Column("{column}", {kind}))'

    def _create_index(self, table: Table) -> str:
        table.indexes.append(f"ix{self._number}")
        column = self._draw.choice(table.columns)
        return f'op.create_index("ix{self._number}", "{table.name}", ["{column}"])'

    def _alter_column(self, table: Table) -> str:
        column = self._draw.choice(table.columns)
        change = self._draw.choice(
            ["nullable=True", "server_default='x'", "type_=sa.Text()"]
        )
        return f'op.alter_column("{table.name}", "{column}", {change})'

    def _unique(self, table: Table) -> str:
        table.constraints.append(f"u{self._number}")
        named = f'"u{self._number}", "{table.name}"'
        return f'op.create_unique_constraint({named}, ["id", "name"])'

    def _foreign_key(self, table: Table) -> str:
        other = self._draw.choice(self._tables)
        table.constraints.append(f"fk{self._number}")
        named = f'"fk{self._number}", "{table.name}", "{other.name}"'
        return f'op.create_foreign_key({named}, ["up"], ["id"])'

    def _drop(self, table: Table) -> str:
        if table.indexes:
            return f'op.drop_index("{table.indexes.pop()}", "{table.name}")'
        if table.constraints:
            return f'op.drop_constraint("{table.constraints.pop()}", "{table.name}")'
        if len(table.columns) > 1:
            return f'op.drop_column("{table.name}", "{table.columns.pop()}")'
        return self._add_column(table)

    def _in_batch(self, table: Table) -> str:
        column = f"c{self._number}"
        table.columns.append(column)
        with_batch = f'with op.batch_alter_table("{table.name}") as batch:'
        return f'{with_batch}\n    batch.add_column(sa.Column("{column}", sa.Text))'

    def _sql(self, table: Table) -> str:
        return f'op.execute("ALTER TABLE {table.name} ADD CHECK (id > {self._number})")'

    def _rows(self, table: Table) -> str:
        return (
            f"""op.execute("UPDATE {table.name} SET name = 'n' WHERE name IS NULL")"""
        )


def old_tables() -> list[str]:
    """Return the statements that make 40 small tables and a large one."""
    rows = {name: 20_000 if name == "large" else 5 for name in OLD_TABLES}
    made = [MADE.format(name=name, rows=rows[name]) for name in OLD_TABLES]
    return [*made, f"ANALYZE {', '.join(OLD_TABLES)}"]


def on_old_tables(revisions: int) -> list[str]:
    """Return the bodies of revisions with four calls that the guard lets pass."""
    one = """
import sqlalchemy as sa
op.add_column("{small}", sa.Column("a{n}", sa.Text()))
op.create_index("ix{n}", "{small}", ["a{n}"])
op.add_column("large", sa.Column("b{n}", sa.Integer, server_default="5"))
op.alter_column("large", "b{n}", nullable=True)
"""
    return [one.format(n=n, small=OLD_TABLES[n % 40]) for n in range(revisions)]


@dataclass(frozen=True)
class Case:
    """A chain, and the tables that stand before it."""

    bodies: Sequence[str]
    operations: int
    before: Sequence[str] = ()


def cases(revisions: int) -> dict[str, Case]:
    """Return the chains by name."""
    count = revisions * 10 // 3
    fifth = max(revisions // 5, 1)
    return {
        "empty": Case(Chain(23).bodies(revisions, count), count),
        "old tables": Case(on_old_tables(fifth), fifth * 4, old_tables()),
    }


@dataclass(frozen=True)
class Measured:
    """The figures of a case.

    Attributes:
        cpu: ratio of the processor times, with the package and without.
        low: the lower quartile.
        high: the upper quartile.
        wall: ratio of the times.
        median: more milliseconds for a call.
        mean: likewise.
        questions: more statements, for each operation.
    """

    cpu: float
    low: float
    high: float
    wall: float
    median: float
    mean: float
    questions: float


def measure(url: str, pythons: Sequence[Path], case: Case, count: int) -> Measured:
    """Upgrade both sides in pairs, and compare time, statements and catalog."""
    with Project(case.bodies) as project:
        added = f"{COUNTING}\n{call_times.TIMING}\nwith engine"
        env = ENV.replace("with engine", added, 1)
        (project.folder / "env.py").write_text(env)
        sent: dict[Path, int] = {}
        left: dict[Path, Any] = {}
        taken: dict[Path, list[list[float]]] = {python: [] for python in pythons}

        def run(python: Path) -> Seconds:
            public = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
            server.command(url, *public, *case.before)
            seconds = run_alembic(python, url, project, UPGRADE)
            sent[python] = int((project.folder / "sent").read_text())
            taken[python].append(call_times.read(project.folder))
            left[python] = server.scalar(url, f"SELECT md5({CATALOG})")
            return seconds

        with_us, without = pythons
        found = pairs("guard", count, lambda: run(with_us), lambda: run(without))
    demand_alike(left[with_us], left[without])
    more = sent[with_us] - sent[without]
    each = call_times.milliseconds_more(taken[with_us][1:], taken[without][1:])
    return measured(found, each, more / case.operations)


def demand_alike(ours: object, theirs: object) -> None:
    """Raise unless both sides have made the same catalog.

    Raises:
        NotDoneError: they have not, or there is none.
    """
    if ours != theirs or ours is None:
        msg = "with the package another catalog is left than without"
        raise NotDoneError(msg)


def measured(
    found: dict[str, Result], each: Sequence[float], questions: float
) -> Measured:
    """Return the figures of pairs of runs, and of what each call takes more."""
    low, high = found["cpu"]["quartiles"]
    return Measured(
        found["cpu"]["ratio"],
        low,
        high,
        found["wall"]["ratio"],
        round(statistics.median(each), 2),
        round(statistics.mean(each), 2),
        round(questions, 2),
    )


def missed(name: str, found: Measured) -> list[str]:
    """Return a line for each bound that is not held."""
    lines = []
    if name == "empty" and found.cpu > RATIO:
        times = f"{found.cpu} times the processor time of Alembic"
        lines.append(f"{name}: {times}, more than {RATIO}")
    for kind in ("median", "mean"):
        each = getattr(found, kind)
        if each > MILLISECONDS:
            more = f"{each} ms a call ({kind})"
            lines.append(f"{name}: {more}, more than {MILLISECONDS}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table.

    The exit code is 1 when a bound is not held, or a side did not do its work.
    """
    options = parse(arguments)
    found: dict[str, Measured] = {}
    try:
        with (
            server.own_database() as url,
            tempfile.TemporaryDirectory(prefix="zdt-venv-") as folder,
        ):
            os.environ["ZDT_BENCH_URL"] = url
            machine = server.machine(url)
            pythons = environments.make_both(Path(folder))
            known = cases(options.revisions)
            for name in options.only:
                found[name] = measure(url, pythons, known[name], options.pairs)
    except NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    show(found)
    tables.say(f"Measured here: {machine}.")
    too_much = [line for name, each in found.items() for line in missed(name, each)]
    for line in too_much:
        tables.say(f"FAILED: {line}")
    return 1 if too_much else 0


def show(found: dict[str, Measured]) -> None:
    """Print the figures."""
    columns = (
        *("chain", "processor time", "quartiles", "time"),
        *("ms a call: median", "mean", "questions an operation"),
    )
    rows = [
        [
            name,
            f"{each.cpu:.2f}",
            f"{each.low:.2f} to {each.high:.2f}",
            f"{each.wall:.2f}",
            f"{each.median:.2f}",
            f"{each.mean:.2f}",
            f"{each.questions:.2f}",
        ]
        for name, each in found.items()
    ]
    tables.show(tables.Table("Upgrade with the guard, beside Alembic", columns, rows))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--revisions", type=int, default=300, help="revisions on the empty database")
    add("--only", nargs="+", choices=CASES, default=CASES)
    add("--pairs", type=int, default=5, help="pairs of upgrades")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
