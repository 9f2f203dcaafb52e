"""Measure what the package itself costs.

    python benchmarks/overhead.py                    # all five, about three minutes
    python benchmarks/overhead.py --only index --rows 200000 --pairs 5

* ``index``: CREATE INDEX CONCURRENTLY through our directive (catalog questions and all)
  against the same statement in psql, as ``timing`` sees it;
* ``help``: ``alembic --help`` with and without the package installed;
* ``upgrade``: ``alembic upgrade head`` on 500 empty revisions, likewise, in a database
  that knows no directive;
* ``log``: the same in a database whose log of revisions gets a row for each;
* ``guard``: ``alembic upgrade head`` on 500 stock calls on new tables, with the guard
  and with ``-x zdt.guard=off``.

Measured in pairs, in alternating order; the result is the median of the ratios.
``help`` takes three times as many pairs: a start takes half a second, and its bound is
narrower than what few pairs scatter by.  The processor time of all but ``index`` has a
bound.  A ratio above it, an index that is not
valid, and an upgrade that is not at its last revision end the program with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from alembic.config import Config  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402

from benchmarks import environments  # noqa: E402
from benchmarks.project import VERSION_TABLE, Project, forget  # noqa: E402
from examples.shop import project as shop  # noqa: E402
from examples.shop import server, tables  # noqa: E402
from examples.shop.progress import progress  # noqa: E402
from examples.shop.proofs import NotDoneError, demand, has_index  # noqa: E402
from tools.postgres import find_binaries  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

MEASUREMENTS = ("index", "help", "upgrade", "log", "guard")
BOUNDS = {"help": 1.05, "upgrade": 1.10, "log": 1.40, "guard": 1.25}
"""The largest ratio of processor times."""
HELP_TIMES = 3
"""How many times as many pairs ``help`` takes."""
STATEMENT = "CREATE INDEX CONCURRENTLY bench_ix ON orders (placed_at)"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS bench_ix"
LOG_IS_THERE = "to_regclass('alembic_zdt_revision') IS NOT NULL"
INDEX_IS_THERE = has_index("bench_ix", "placed_at")
UPGRADE = ["upgrade", "head"]
STARTS = {"help": ["--help"], "upgrade": UPGRADE, "log": UPGRADE}
STOCK_CALLS = """
from sqlalchemy import Column, Integer, Text
op.create_table("bench_{n}", Column("id", Integer, primary_key=True))
op.add_column("bench_{n}", Column("name", Text))
op.create_index("bench_{n}_name", "bench_{n}", ["name"])
op.alter_column("bench_{n}", "name", nullable=False)
op.create_unique_constraint("bench_{n}_key", "bench_{n}", ["id", "name"])
"""
STOCK_REVISIONS = 100
MAKES_LOG = """
context.script.get_revision("r0001").module.zdt_phase = "expand"
"""
OURS = """
from alembic_zdt import op
start = time.perf_counter()
op.create_index_concurrently("bench_ix", "orders", ["placed_at"])
context.config.attributes["seconds"] = time.perf_counter() - start
"""

TITLES = {
    "index": "CREATE INDEX CONCURRENTLY, against psql",
    "help": "alembic --help, against without the package",
    "upgrade": "alembic upgrade head, empty revisions, likewise",
    "log": "alembic upgrade head, empty revisions in the log, likewise",
    "guard": "alembic upgrade head, 500 stock calls, against guard=off",
}

Result: TypeAlias = dict[str, Any]
Seconds: TypeAlias = dict[str, float]  # by clock: "wall", "cpu"
Timing: TypeAlias = Callable[[], Seconds]


def pairs(name: str, count: int, ours: Timing, theirs: Timing) -> dict[str, Result]:
    """Time both ``count`` times in alternating order, after one round to warm up."""
    samples = []
    with progress(f"measuring {name}", count + 1) as advance:
        ours(), theirs()
        advance(1)
        for number in range(count):
            if number % 2:
                a, b = ours(), theirs()
            else:
                b, a = theirs(), ours()
            samples.append((a, b))
            advance(1)
    return {
        clock: summary([(a[clock], b[clock]) for a, b in samples])
        for clock in samples[0][0]
    }


def summary(samples: Sequence[tuple[float, float]]) -> Result:
    """Return the median ratio of pairs of seconds, and what led to it."""
    ratios = sorted(a / b for a, b in samples)
    low, _, high = statistics.quantiles(ratios, n=4) if ratios[1:] else ratios * 3
    return {
        "ratio": round(statistics.median(ratios), 4),
        "quartiles": [round(low, 4), round(high, 4)],
        "difference_ms": round(statistics.median(a - b for a, b in samples) * 1000, 1),
        "ours_seconds": round(statistics.median(a for a, _ in samples), 4),
        "theirs_seconds": round(statistics.median(b for _, b in samples), 4),
        "pairs": [[round(a, 4), round(b, 4)] for a, b in samples],
    }


def measure_index(url: str, count: int) -> dict[str, Result]:
    """Compare one index build through us and through psql."""
    with Project([OURS]) as project:
        return pairs(
            "index",
            count,
            lambda: build_through_us(url, project),
            lambda: build_in_psql(url),
        )


def build_through_us(url: str, project: Project) -> Seconds:
    """Return how long the directive takes inside ``alembic upgrade``."""
    reset(url)
    seconds = project.upgrade().attributes["seconds"]
    demand(url, INDEX_IS_THERE, "index, ours")
    return {"wall": seconds}


def build_in_psql(url: str) -> Seconds:
    """Return what psql's ``timing`` says about the statement."""
    reset(url)
    binaries = find_binaries()
    address = make_url(server.libpq(url))
    database = address._replace(password=None).render_as_string()
    answer = subprocess.run(
        [binaries / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "-", database],
        input=f"\\timing on\n{STATEMENT};\n",
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {
            "PGPASSWORD": address.password or "",
            "LD_LIBRARY_PATH": str(binaries.parent / "lib"),
        },
    ).stdout
    found = re.search(r"Time: ([\d.]+) ms", answer)
    if found is None:
        msg = f"psql printed no time: {answer!r}"
        raise RuntimeError(msg)
    demand(url, INDEX_IS_THERE, "index, psql")
    return {"wall": float(found[1]) / 1000}


def reset(url: str) -> None:
    """Bring the database back to the same state before every timing."""
    forget(url)
    server.command(url, DROP, "CHECKPOINT")


def measure_start(url: str, count: int, name: str, revisions: int) -> dict[str, Result]:
    """Compare an Alembic command with and without the package installed.

    Each revision gets a row in our log, where that exists.
    """
    arguments = STARTS[name]
    server.command(url, "DROP TABLE IF EXISTS alembic_zdt_revision")
    with (
        tempfile.TemporaryDirectory(prefix="zdt-venv-") as folder,
        Project(["pass"] * revisions) as project,
    ):
        with_us, without = environments.make_both(Path(folder))
        if name == "log":
            with Project([MAKES_LOG]) as first:
                run_alembic(with_us, url, first, arguments)
            demand(url, LOG_IS_THERE, "log")
        return pairs(
            name,
            count,
            lambda: run_alembic(with_us, url, project, arguments),
            lambda: run_alembic(without, url, project, arguments),
        )


def measure_guard(url: str, count: int) -> dict[str, Result]:
    """Compare an upgrade that makes and changes tables with the guard and without."""
    bodies = [STOCK_CALLS.format(n=n) for n in range(STOCK_REVISIONS)]
    with (
        tempfile.TemporaryDirectory(prefix="zdt-venv-") as folder,
        Project(bodies) as project,
    ):
        with_us, _without = environments.make_both(Path(folder))

        def run(guard: str) -> Seconds:
            server.command(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
            arguments = ["-x", f"zdt.guard={guard}", *UPGRADE]
            return run_alembic(with_us, url, project, arguments)

        return pairs("guard", count, lambda: run("error"), lambda: run("off"))


def run_alembic(
    python: Path, url: str, project: Project, arguments: Sequence[str]
) -> Seconds:
    """Return what one ``alembic`` process takes."""
    forget(url)
    cpu, start = children_cpu(), time.perf_counter()
    done = subprocess.run(
        [python, "-m", "alembic", *arguments],
        cwd=project.folder,
        env=environment(url),
        check=True,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - start
    cpu = children_cpu() - cpu
    if arguments[-2:] == UPGRADE:
        last = ScriptDirectory.from_config(Config(project.ini)).get_current_head()
        demand(url, is_at(last), f"upgrade, {python.parents[1].name}")
    elif "usage: alembic" not in done.stdout:
        msg = f"help, {python.parents[1].name}: no help was printed: {done.stdout!r}"
        raise NotDoneError(msg)
    return {"wall": wall, "cpu": cpu}


def is_at(revision: str | None) -> str:
    """Return the condition that one revision is the last one applied."""
    applied = f"(SELECT array_agg(version_num::text) FROM {VERSION_TABLE})"
    return f"{applied} = ARRAY['{revision}']"


def environment(url: str) -> dict[str, str]:
    """Return an environment in which both keep bytecode, as installed code does."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"ZDT_BENCH_URL": url}


def children_cpu() -> float:
    """Return the processor time of all finished children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(url: str, options: argparse.Namespace) -> dict[str, dict[str, Result]]:
    """Run what was asked for."""
    results = {}
    if "index" in options.only:
        shop.create(url, options.rows)
        results["index"] = measure_index(url, options.pairs)
    for name in STARTS:
        if name in options.only:
            count = options.starts * (HELP_TIMES if name == "help" else 1)
            results[name] = measure_start(url, count, name, options.revisions)
    if "guard" in options.only:
        results["guard"] = measure_guard(url, options.starts)
    return results


def missed(results: dict[str, dict[str, Result]]) -> list[str]:
    """Return a line for each ratio above its bound."""
    return [
        f"{TITLES[name]}: {results[name]['cpu']['ratio']} times the processor time,"
        f" more than {bound}"
        for name, bound in BOUNDS.items()
        if name in results and results[name]["cpu"]["ratio"] > bound
    ]


def show(results: dict[str, dict[str, Result]]) -> None:
    """Print the medians."""
    columns = (
        "measured",
        "clock",
        "ours s",
        "theirs s",
        "ratio",
        "at most",
        "quartiles",
        "difference ms",
    )
    figures = (
        "ours_seconds",
        "theirs_seconds",
        "ratio",
        "bound",
        "quartiles",
        "difference_ms",
    )
    rows = [
        [TITLES[name], clock, *(str(result.get(figure, "")) for figure in figures)]
        for name, clocks in results.items()
        for clock, result in clocks.items()
    ]
    tables.show(tables.Table("Overhead", columns, rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON.

    The exit code is 1 when a command did not do its work, or took too long.
    """
    options = parse(arguments)
    try:
        with server.own_database() as url:
            os.environ["ZDT_BENCH_URL"] = url
            machine = server.machine(url)
            results = measure(url, options)
            for name, bound in BOUNDS.items():
                if name in results:
                    results[name]["cpu"]["bound"] = bound
    except NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    show(results)
    amounts = f"{options.rows:,} orders, {options.revisions:,} empty revisions"
    tables.say(f"Measured here: {machine}; {amounts}.")
    text = json.dumps({"machine": machine, "results": results}, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    else:
        tables.say(text)
    too_much = missed(results)
    for line in too_much:
        tables.say(f"FAILED: {line}")
    return 1 if too_much else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=1_000_000, help="orders under the index")
    add("--pairs", type=int, default=7, help="pairs of index builds")
    add("--starts", type=int, default=7, help="pairs of alembic processes")
    add("--revisions", type=int, default=500, help="empty ones of an upgrade")
    add("--only", nargs="+", choices=MEASUREMENTS, default=MEASUREMENTS)
    add("--json", type=Path, metavar="FILE", help="default: standard output")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
