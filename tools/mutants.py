"""Which small changes to the code do the nearest tests not notice?

``make mutants AREA=backfill COUNT=20`` copies the project and runs the area's tests
once, to learn which test executes which lines and how long each takes.  Then it changes
the copy at random places, one at a time, runs the tests that execute the place, and
prints each change that they let pass.

Mutation tools such as cosmic-ray and mutmut change Python alone; most of what can go
wrong here is SQL.
"""

from __future__ import annotations

import argparse
import difflib
import json
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
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from itertools import islice
from pathlib import Path
from random import Random

from tools.chosen_tests import CHOSEN
from tools.mutations import Mutation, mutations_of
from tools.nearest_tests import (
    OPTIONS,
    NearestTests,
    RedTestsError,
    clean_run,
    environment,
    saved_run,
)

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = (".git", ".venv*", ".postgres", "build", "dist", ".*_cache", "__pycache__")
CHANGED = (".py", ".sql")
KILLED, LATE, SURVIVED = "killed", "killed by time", "SURVIVED"
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - (.*))?$", re.MULTILINE)
# pytest: tests failed; interrupted, as by a test file that cannot be imported.
SEEN = (1, 2)
# A limit on time: this many times what the unchanged code takes, and so many seconds;
# the whole run of pytest has to start, and gets more.
TIMES, MORE, START = 4, 30, 60


@dataclass(frozen=True)
class Area:
    """What is changed, and which tests should notice.

    Attributes:
        code: folders, and beginnings of the names of files.
        tests: arguments of pytest.  A golden file differs with each change of a text,
            whether it matters or not, so those tests are left out.  So are those that
            interrupt a run at each of its changes, which takes minutes.
    """

    code: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = {
    "runner": Area(
        ("alembic_zdt/runner/", "alembic_zdt/connection/"),
        (
            "tests/runner",
            "tests/connection",
            "--ignore=tests/runner/script",
            "--ignore=tests/runner/test_subject_lock.py",
            "tests/contract_gate/test_lost_at_a_gate.py",
            "tests/operations/test_claimed_locks.py",
            "tests/operations/indexes",
            "tests/operations/constraints",
            "tests/env/test_connections.py",
            "tests/commands/test_error_once.py",
            "tests/operations/test_made_meanwhile.py",
            "tests/autogenerate/test_idle.py",
        ),
    ),
    "backfill": Area(
        ("alembic_zdt/backfill/",),
        (
            "tests/backfill",
            "--ignore=tests/backfill/test_interrupted.py",
            (
                "--deselect=tests/backfill/test_concurrent.py"
                "::test_nothing_is_lost_and_nothing_is_left"
            ),
        ),
    ),
    "twin": Area(
        ("alembic_zdt/twin/",),
        (
            "tests/twin",
            "tests/catalog",
            "tests/workflows/rename_column",
            "tests/workflows/column_type",
            "tests/operations/refusals/test_rights_kept.py",
            "tests/operations/refusals/test_window_kept.py",
            "tests/operations/test_search_path.py",
        ),
    ),
    "gates": Area(
        (
            "alembic_zdt/contract_gate/",
            "alembic_zdt/half_done",
            "alembic_zdt/turning",
            "alembic_zdt/phases",
        ),
        (
            "tests/contract_gate/test_calls.py",
            "tests/contract_gate/test_old_sessions.py",
            "tests/test_foresight.py",
            "tests/test_phases.py",
            "tests/test_revision_log.py",
            "tests/test_turning.py",
            "tests/commands/test_status.py",
            "tests/commands/test_upgrade.py",
            "tests/runner/test_cancelled_outside_steps.py",
            "tests/test_half_done_changed_again.py",
            "tests/contract_gate/test_lost_at_a_gate.py",
            "tests/test_half_done_refused_at_once.py",
            "tests/operations/test_changed_again.py",
            "tests/operations/test_unfinished.py",
        ),
    ),
    "guard": Area(
        ("alembic_zdt/guard/",),
        ("tests/guard", "tests/contract_gate", "tests/test_foresight.py"),
    ),
    "scripts": Area(
        ("alembic_zdt/runner/script/", "alembic_zdt/backfill/script"),
        (
            "tests/runner/script",
            "tests/backfill/test_script.py",
            "--ignore=tests/runner/script/test_golden.py",
        ),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants of an area; return 1 if one of them survives, 2 if tests are red."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        found = drawn(copy, options.area, options.count, options.seed)
        print(f"area {options.area}, seed {options.seed}: {len(found)} mutants")
        try:
            nearest = _nearest(copy, options.area, options.clean_run)
        except RedTestsError as red:
            print(f"tests fail without a mutant:\n{red}")
            return 2
        spent = sum(nearest.seconds.values())
        print(f"clean run: {len(nearest.seconds)} tests, {spent:.0f} s", flush=True)
        trial = Trial(copy, nearest, options.seconds)
        ends = Counter(trial.of(each) for each in found)
    killed = ends[KILLED] + ends[LATE]
    print(f"killed: {killed} of {len(found)}, {ends[LATE]} of them by time")
    return int(bool(ends[SURVIVED]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("--count", type=int, default=10, help="try so many mutants")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument(
        "--seconds",
        type=float,
        default=120,
        help="leave out slower tests of a mutant beyond this sum of seconds",
    )
    parser.add_argument(
        "--clean-run",
        type=Path,
        metavar="FILE",
        help="read the clean run of this very code from FILE, or write it there",
    )
    return parser


def _nearest(root: Path, area: str, saved: Path | None) -> NearestTests:
    if saved and saved.exists():
        return saved_run(root, saved)
    found = clean_run(root, AREAS[area].tests)
    if saved:
        found.save(saved)
    return found


def drawn(root: Path, area: str, count: int, seed: int) -> list[Mutation]:
    """Draw mutations of an area.

    Args:
        root: the folder of the project.
        area: a key of ``AREAS``.
        count: how many.
        seed: what decides.
    """
    paths = {
        path
        for beginning in AREAS[area].code
        for path in (root / beginning).parent.glob(_pattern(beginning))
        if path.suffix in CHANGED
    }
    every = [each for path in sorted(paths) for each in mutations_of(path)]
    Random(seed).shuffle(every)  # noqa: S311  # no secret
    return [*islice((each for each in every if each.compiles), count)]


def _pattern(beginning: str) -> str:
    name = beginning.rpartition("/")[2]
    return f"{Path(beginning).name}/*" if not name else f"{name}*.*"


@dataclass(frozen=True)
class Trial:
    """Runs the nearest tests on mutants.

    Attributes:
        root: the folder of the project, a copy.
        nearest: which tests execute which lines.
        seconds: what the tests of one mutant may take in the clean run.
    """

    root: Path
    nearest: NearestTests
    seconds: float

    def of(self, mutation: Mutation) -> str:
        """Try a mutant, and put the file back."""
        path, line = mutation.path, mutation.line
        tests = self._affordable(self.nearest.of(path, line))
        before, changed, began = path.read_text(), mutation.applied(), time.monotonic()
        _write(path, changed)
        try:
            end, killer = self._run(tests) if tests else (SURVIVED, "no test runs this")
        finally:
            _write(path, before)
        seconds = time.monotonic() - began
        place = f"{path.relative_to(self.root)}:{line}"
        print(f"{end} {place} ({seconds:.0f} s) {killer}", flush=True)
        if end == SURVIVED:
            lines = difflib.unified_diff(before.splitlines(), changed.splitlines(), n=1)
            print("\n".join(f"    {each}" for each in [*lines][3:]), flush=True)
        return end

    def _affordable(self, tests: Sequence[str]) -> list[str]:
        """Return the first tests, at least one, and later ones that still fit."""
        found: list[str] = []
        spent = 0.0
        for test in tests:
            more = self.nearest.seconds[test]
            if not found or spent + more <= self.seconds:
                found.append(test)
                spent += more
        return found

    def _run(self, tests: list[str]) -> tuple[str, str]:
        """Return how it ended, and the test that failed."""
        limits = {each: TIMES * self.nearest.seconds[each] + MORE for each in tests}
        with tempfile.NamedTemporaryFile("w+") as chosen:
            json.dump(limits, chosen)
            chosen.flush()
            spent = sum(self.nearest.seconds[each] for each in tests)
            code, output = _pytest(
                self.root, tests, chosen.name, TIMES * spent + MORE + START
            )
        if code is None:
            return LATE, "the whole run"
        if code == 0:
            return SURVIVED, f"{len(tests)} tests pass"
        failed = FAILED.search(output)
        if code not in SEEN or not failed:
            msg = f"pytest ended with {code}:\n{output}"
            raise RuntimeError(msg)
        late = "Timeout" in (failed[2] or "")
        return (LATE if late else KILLED), failed[1]


def _write(path: Path, code: str) -> None:
    """Write code, and remove what Python has compiled of the code before it.

    Python takes a compiled file for current if the size is the same and the second too.
    """
    path.write_text(code)
    Path(cache_from_source(path)).unlink(missing_ok=True)


def _pytest(
    root: Path, tests: Sequence[str], chosen: str, limit: float
) -> tuple[int | None, str]:
    """Return the exit code, None after the limit, and the output."""
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    with tempfile.TemporaryFile("w+") as output:
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", *OPTIONS, "-x"),
                *("-p", "tools.chosen_tests", *files),
            ],
            cwd=root,
            env=environment(root) | {CHOSEN: chosen},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code: int | None = running.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
        output.seek(0)
        return code, output.read()


if __name__ == "__main__":
    sys.exit(main())
