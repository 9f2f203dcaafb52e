"""What do the checks cost?

    python benchmarks/checks.py                       # about two minutes
    python benchmarks/checks.py --revisions 200 --pairs 3

* ``lint``: ``alembic-zdt lint`` on so many revisions of four calls, in a process of its
  own, with the import of everything;
* ``guard``: ``alembic upgrade head`` on revisions of four calls on small tables, with
  the guard and with it off, in pairs in alternating order: the median of the ratios.
  Nothing is stopped, each call is looked at.
"""

from __future__ import annotations

import argparse
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
    """How long a lint takes, from start to end of the process."""
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
    if '"findings"' not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return seconds


def upgrade_seconds(url: str, project: Project, count: int, mode: str) -> float:
    """How long the upgrade takes from empty tables on."""
    forget(url)
    for n in range(count):
        server.command(
            url, f"DROP TABLE IF EXISTS t{n}", f"CREATE TABLE t{n} (id int PRIMARY KEY)"
        )
    pairs = argparse.Namespace(x=[f"zdt.guard={mode}"])
    began = time.perf_counter()
    command.upgrade(Config(project.ini, cmd_opts=pairs), "head")
    return time.perf_counter() - began


def guard_ratios(url: str, count: int, pairs: int) -> list[tuple[float, float]]:
    """Seconds with the guard and without, in pairs."""
    samples = []
    with Project([REVISION.format(n=n) for n in range(count)]) as project:
        upgrade_seconds(url, project, count, "error")
        for number in range(pairs):
            modes = ("error", "off") if number % 2 else ("off", "error")
            found = {m: upgrade_seconds(url, project, count, m) for m in modes}
            samples.append((found["error"], found["off"]))
    return samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--revisions", type=int, default=1000, help="that are linted")
    parser.add_argument("--upgraded", type=int, default=50, help="that are upgraded")
    parser.add_argument("--pairs", type=int, default=7, help="of upgrades")
    options = parser.parse_args(arguments)
    lint = lint_seconds(options.revisions)
    with server.own_database() as url:
        os.environ[OWN_URL] = url
        samples = guard_ratios(url, options.upgraded, options.pairs)
        machine = server.machine(url)
    ratio = statistics.median(a / b for a, b in samples)
    a, b = (statistics.median(each) for each in zip(*samples, strict=True))
    rows = [
        [f"lint, {options.revisions:,} revisions of 4 calls", f"{lint:.1f}", "", ""],
        [
            f"upgrade, {options.upgraded} revisions",
            f"{a:.2f}",
            f"{b:.2f}",
            f"{ratio:.2f}",
        ],
    ]
    tables.show("Checks", ["measured", "seconds", "guard off", "ratio"], rows)
    tables.say(f"Measured here: {machine}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
