"""Which small changes to the code do the nearest tests not notice?

``make mutants AREA=backfill COUNT=20`` changes a copy of the project at a random place,
runs the tests of that place, and prints each change that they let pass.

Mutation tools such as cosmic-ray and mutmut change Python alone; most of what can go
wrong here is SQL.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

from tools.mutations import Mutation, mutations_of
from tools.postgres import Cluster

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = (".git", ".venv*", ".postgres", "build", "dist", ".*_cache", "__pycache__")
SETTINGS = {"max_connections": "200", "max_prepared_transactions": "10"}
GIVEN = "ZDT_TEST_DSN"
CHANGED = (".py", ".sql")
KILLED, SURVIVED, UNDECIDED = "killed", "SURVIVED", "undecided"

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

# Area -> what is changed (a folder, or the beginning of a file's name), and the tests
# nearest to it, the quickest first.  The first entry that fits a file counts.
AREAS: dict[str, tuple[tuple[str, str], ...]] = {
    "runner": (
        ("alembic_zdt/runner/script/", "tests/offline"),
        ("alembic_zdt/runner/notices", "tests/unit/test_notices.py tests/locks"),
        ("alembic_zdt/runner/patience", "tests/unit tests/locks/test_lock_deadline.py"),
        (
            "alembic_zdt/runner/interruption",
            "tests/faults/test_ended_in_the_act.py tests/commands/test_error_once.py",
        ),
        ("alembic_zdt/runner/", "tests/unit tests/locks tests/faults tests/hosts"),
    ),
    "backfill": (
        ("alembic_zdt/backfill/script", "tests/backfill/test_script.py tests/offline"),
        (
            "alembic_zdt/backfill/gate",
            (
                "tests/faults/test_lost_at_a_gate.py tests/backfill/test_background.py"
                " tests/backfill/test_script.py tests/phases"
            ),
        ),
        ("alembic_zdt/backfill/", "tests/unit tests/backfill"),
    ),
    "twin": (("alembic_zdt/twin/", "tests/twin"),),
    "gates": (
        (
            "alembic_zdt/contract_gate/",
            "tests/phases tests/faults/test_lost_at_a_gate.py",
        ),
        ("alembic_zdt/half_done", "tests/phases"),
        (
            "alembic_zdt/turning",
            "tests/phases/test_forward_from_anywhere.py tests/phases",
        ),
        ("alembic_zdt/phases", "tests/phases"),
    ),
    "guard": (("alembic_zdt/guard/", "tests/guard tests/phases tests/checks"),),
    "scripts": (
        ("alembic_zdt/runner/script/", "tests/offline"),
        ("alembic_zdt/backfill/script", "tests/backfill/test_script.py tests/offline"),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants of an area; return 1 if one of them survives."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--limit", type=float, default=600, help="seconds for a mutant")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        found = drawn(copy, options.area, options.count, options.seed)
        print(f"area {options.area}, seed {options.seed}: {len(found)} mutants")
        with _server() as dsn:
            ends = Counter(
                _tried(each, copy, tests, dsn, options.limit) for each, tests in found
            )
    decided = ends[KILLED] + ends[SURVIVED]
    share = f"{100 * ends[KILLED] / decided:.0f} %" if decided else "none"
    print(f"killed: {share} of {decided}; undecided: {ends[UNDECIDED]}")
    return int(bool(ends[SURVIVED]))


@contextmanager
def _server() -> Iterator[str]:
    """Yield the address of one server for all runs."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    with Cluster(settings=SETTINGS, in_memory=True) as cluster:
        yield cluster.dsn()


def drawn(
    root: Path, area: str, count: int, seed: int
) -> list[tuple[Mutation, list[str]]]:
    """Draw mutations of an area, each with its tests.

    Args:
        root: the folder of the project.
        area: a key of ``AREAS``.
        count: how many.
        seed: what decides.
    """
    found: dict[Path, str] = {}
    for beginning, tests in AREAS[area]:
        for path in sorted((root / beginning).parent.glob(_pattern(beginning))):
            if path.suffix in CHANGED:
                found.setdefault(path, tests)
    every = [
        (each, tests.split())
        for path, tests in sorted(found.items())
        for each in mutations_of(path)
    ]
    Random(seed).shuffle(every)  # noqa: S311  # no secret
    return [*islice((each for each in every if each[0].compiles), count)]


def _pattern(beginning: str) -> str:
    name = beginning.rpartition("/")[2]
    return f"{Path(beginning).name}/*" if not name else f"{name}*.*"


def _tried(
    mutation: Mutation, root: Path, tests: Sequence[str], dsn: str, limit: float
) -> str:
    """Run the tests on a mutant, and put the file back."""
    path = mutation.path
    before, line, began = path.read_text(), mutation.line, time.monotonic()
    changed = mutation.applied()
    path.write_text(changed)
    try:
        end, killer = _run(root, tests, dsn, limit)
    finally:
        path.write_text(before)
    seconds = time.monotonic() - began
    place = f"{path.relative_to(root)}:{line}"
    print(f"{end} {place} ({seconds:.0f} s) {killer}".rstrip(), flush=True)
    if end != KILLED:
        lines = difflib.unified_diff(before.splitlines(), changed.splitlines(), n=1)
        print("\n".join(f"    {each}" for each in [*lines][3:]), flush=True)
    return end


def _run(root: Path, tests: Sequence[str], dsn: str, limit: float) -> tuple[str, str]:
    """Return how it ended, and the test that failed."""
    environment = os.environ | {GIVEN: dsn, "PYTHONPATH": str(root)}
    options = ["-x", "-q", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider"]
    with tempfile.TemporaryFile("w+") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = running.wait(limit)
        except subprocess.TimeoutExpired:
            return UNDECIDED, ""
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
        output.seek(0)
        failed = FAILED.search(output.read())
    return (
        (KILLED, failed[1] if failed else f"exit code {code}")
        if code
        else (SURVIVED, "")
    )


if __name__ == "__main__":
    sys.exit(main())
