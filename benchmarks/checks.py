"""Measure what the checks cost.

    python benchmarks/checks.py                       # about a minute
    python benchmarks/checks.py --revisions 200 --pairs 3

* ``lint``: ``alembic-zdt lint`` on revisions of four calls each, in a process of its
  own, with the import of everything;
* ``guard``: ``alembic upgrade head`` on revisions of four calls on small tables, with
  the guard and with it off, in pairs in alternating order: the median of the ratios.
  The guard checks each call and stops none.

A lint that does not report every revision, or an upgrade that leaves a table without
its changes, ends the program with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from alembic import command  # noqa: E402
from alembic.config import Config  # noqa: E402

from benchmarks.project import Project, forget  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import (  # noqa: E402
    NotDoneError,
    demand,
    has_index,
    has_not_null,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

REVISION = """\
import sqlalchemy as sa
op.add_column("t{n}", sa.Column("a", sa.Text()))
op.create_index("ix_{n}", "t{n}", ["a"])
op.execute("UPDATE t{n} SET a = 'x' WHERE a IS NULL")
op.alter_column("t{n}", "a", existing_type=sa.Text(), nullable=False)"""
OWN_URL = "ZDT_BENCH_URL"


def lint_seconds(count: int) -> float:
    """Return how long a lint takes, from start to end of the process."""
    with Project([REVISION.format(n=n) for n in range(count)]) as project:
        env = project.folder / "env.py"
        env.write_text(
            "from alembic import context\n"
            'context.configure(dialect_name="postgresql")\n'
            "context.run_migrations()\n"
        )
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "alembic_zdt", "lint", "--json"],
            cwd=project.folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
    linted = json.loads(done.stdout or "{}").get("findings", [])
    if len({finding["revision"] for finding in linted}) != count:
        msg = f"lint did not report {count} revisions: {done.stderr}"
        raise NotDoneError(msg)
    return seconds


def upgrade_seconds(url: str, project: Project, count: int, mode: str) -> float:
    """Return how long an upgrade takes that starts with empty tables."""
    forget(url)
    for n in range(count):
        server.command(
            url, f"DROP TABLE IF EXISTS t{n}", f"CREATE TABLE t{n} (id int PRIMARY KEY)"
        )
    pairs = argparse.Namespace(x=[f"zdt.guard={mode}"])
    began = time.perf_counter()
    command.upgrade(Config(project.ini, cmd_opts=pairs), "head")
    seconds = time.perf_counter() - began
    for n in range(count):
        condition = f"{has_index(f'ix_{n}', 'a')} AND {has_not_null(f't{n}', 'a')}"
        demand(url, condition, f"upgrade with guard={mode}, table t{n}")
    return seconds


def guard_ratios(url: str, count: int, pairs: int) -> list[tuple[float, float]]:
    """Return seconds with the guard and without, in pairs."""
    samples = []
    with (
        Project([REVISION.format(n=n) for n in range(count)]) as project,
        progress("measuring upgrades", pairs + 1) as advance,
    ):
        upgrade_seconds(url, project, count, "error")
        for number in range(pairs):
            advance(1)
            modes = ("error", "off") if number % 2 else ("off", "error")
            found = {m: upgrade_seconds(url, project, count, m) for m in modes}
            samples.append((found["error"], found["off"]))
    return samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is 1 when something was not done."""
    options = parse(arguments)
    try:
        with progress("measuring the lint"):
            lint = lint_seconds(options.revisions)
        with server.own_database() as url:
            os.environ[OWN_URL] = url
            samples = guard_ratios(url, options.upgraded, options.pairs)
            machine = server.machine(url)
    except NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    show(options, lint, samples)
    tables.say(f"Measured here: {machine}.")
    return 0


def show(
    options: argparse.Namespace, lint: float, samples: Sequence[tuple[float, float]]
) -> None:
    """Print the medians."""
    ratio = statistics.median(a / b for a, b in samples)
    a, b = (statistics.median(each) for each in zip(*samples, strict=True))
    linted = f"lint, {options.revisions:,} revisions of 4 calls"
    upgraded = f"upgrade, {options.upgraded} revisions"
    rows = [
        [linted, f"{lint:.1f}", "", ""],
        [upgraded, f"{a:.2f}", f"{b:.2f}", f"{ratio:.2f}"],
    ]
    columns = ["measured", "seconds", "guard off", "ratio"]
    tables.show(tables.Table("Checks", columns, rows))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--revisions", type=int, default=1000, help="revisions to lint")
    add("--upgraded", type=int, default=50, help="revisions to upgrade")
    add("--pairs", type=int, default=7, help="pairs of upgrades")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
