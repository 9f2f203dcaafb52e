"""Lint of the revisions of public projects: no crash, no hang, no silent revision.

``python -m tools.lint_public [NAME ...]`` takes the wheels of the projects in
``public_projects.toml``, unpacks nothing but their revisions, and lints each chain in
a process of its own.  The application is not installed, so its packages are stubbed.
For each chain it prints the revisions, the findings, the places not looked at by
reason, and the seconds.  The exit code is 1 if a chain crashes or hangs, if a revision
takes over 5 seconds of processor time, or if a revision calls operations and lint
neither records a call of it nor names it.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic_zdt.alembic_compat.contexts import replaced
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.commands.lint import Linted, lint
from alembic_zdt.recording.call import RecordedRevision
from alembic_zdt.recording.dialect_conditions import is_for_others
from alembic_zdt.recording.unrun import may_act
from alembic_zdt.recording.without_server import WithoutServer
from tools.environments import ROOT
from tools.public_projects import Chain, chains, config_of, version_of, wheel_of

SECONDS = 120
SECONDS_OF_ONE = 5.0
"""The most processor time that a revision may take."""
_KINDS = {
    "it is read with PostgreSQL's grammar only": r"parser|grammar",
    "the file cannot be imported": r"cannot be imported",
    "it fails without a database": r"fails without a database",
    "it was cut off": r"did not end in time",
    "a function of a stub": r"--stub has replaced",
    "a made-up row": r"made-up row",
    "a loop over nothing": r"nothing to go through",
    "a condition": r"the condition of line|takes another case",
    "an early return": r"leaves it out",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Lint the projects, and return 1 if one crashes, hangs or is silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--wheels", type=Path, help="a folder that keeps the wheels")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    known = chains()
    names = options.names or list(known)
    if options.folder:
        return lint_one(options.folder, known[names[0]].stubs)
    with tempfile.TemporaryDirectory(prefix="zdt_wheels_") as temporary:
        wheels = options.wheels or Path(temporary)
        failed = [name for name in names if not is_right(known[name], wheels)]
    print(f"{len(names)} chains, failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def is_right(chain: Chain, wheels: Path) -> bool:
    """Lint a chain in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="zdt_public_") as temporary:
        wheel = wheel_of(chain.package, wheels)
        chain.unpack(wheel, Path(temporary))
        print(f"{chain.name} {version_of(wheel)}: ", end="", flush=True)
        command = [sys.executable, "-m", "tools.lint_public", chain.name]
        command += ["--in", temporary]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                timeout=SECONDS,
                capture_output=True,  # revisions print, too
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            print(f"no end within {SECONDS} s")
            return False
    print(done.stdout + done.stderr if done.returncode else done.stdout, end="")
    return done.returncode == 0


def lint_one(folder: Path, stubs: Sequence[str]) -> int:
    """Lint a project in this process, and return 1 if it fails."""
    clock = Clock()
    begin = time.monotonic()
    with clock.running():
        found = lint(config_of(folder), stubs=stubs)
    whole = time.monotonic() - begin
    silent = list(silent_ones(clock.revisions, found))
    slowest, seconds = clock.slowest
    print(
        f"{found.revisions} revisions, {len(found.findings)} findings, "
        f"{len(found.unchecked)} places not looked at, {len(silent)} silent, "
        f"{whole:.1f} s, slowest {slowest} {seconds:.1f} s"
    )
    for kind, count in kinds_of(found).most_common():
        print(f"  {count:4} not looked at: {kind}")
    for path in silent:
        print(f"  silent: {path.name}")
    return 1 if silent or not found.revisions or seconds > SECONDS_OF_ONE else 0


def kinds_of(found: Linted) -> Counter[str]:
    """Return the number of places not looked at, by the kind of the reason."""
    return Counter(map(_kind, (each.reason for each in found.unchecked)))


def _kind(reason: str) -> str:
    for kind, words in _KINDS.items():
        if re.search(words, reason):
            return kind
    return re.sub(r"\d+", "N", reason)[:60]


class Clock:
    """The processor time that each revision takes, to run and to check.

    Attributes:
        revisions: that have run.
    """

    def __init__(self) -> None:
        self.revisions: list[RecordedRevision] = []
        self._seconds: list[float] = []
        self._checked, self._begun = 0, 0.0

    @property
    def slowest(self) -> tuple[str, float]:
        """Return the id of the slowest revision, and its seconds."""
        names = (each.script.revision for each in self.revisions)
        timed = zip(self._seconds, names, strict=False)
        seconds, name = max(timed, default=(0.0, ""))
        return name, seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure while the body runs."""
        run = self._timed(WithoutServer.run)
        start = self._started(CheckContext.start_revision)
        with (
            replaced(WithoutServer, "run", run),
            replaced(CheckContext, "start_revision", start),
        ):
            yield

    def _timed(self, original: Callable[..., None]) -> Callable[..., None]:
        def run(stage: WithoutServer, step: Any, function: Any) -> None:
            begin = time.process_time()
            original(stage, step, function)
            self.revisions = stage.revisions
            self._seconds.append(time.process_time() - begin)

        return run

    def _started(self, original: Callable[..., None]) -> Callable[..., None]:
        def start_revision(context: CheckContext) -> None:
            now = time.process_time()
            if self._checked:
                self._seconds[self._checked - 1] += now - self._begun
            self._checked, self._begun = self._checked + 1, now
            original(context)

        return start_revision


def silent_ones(revisions: Sequence[RecordedRevision], found: Linted) -> Iterator[Path]:
    """Yield the files that may act, of which nothing is recorded and nothing named."""
    named = {each.file for each in found.unchecked}
    for revision in revisions:
        path = Path(revision.script.path)
        if not revision.calls and str(path) not in named and upgrade_acts(path):
            yield path


def upgrade_acts(path: Path) -> bool:
    """Check whether ``upgrade()`` may change a database of PostgreSQL."""
    tree = ast.parse(path.read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            return any(map(may_act, OnPostgresql(node, tree).of(node.body)))
    return False


class OnPostgresql(ast.NodeTransformer):
    """Remove the branches for other databases from a function."""

    def __init__(self, function: ast.FunctionDef, tree: ast.Module) -> None:
        self._function, self._tree = function, tree

    def of(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements without these branches."""
        found: list[ast.stmt] = []
        for statement in body:
            kept = self.visit(statement)
            found += kept if isinstance(kept, list) else [kept]
        return found

    def visit_If(self, node: ast.If) -> Any:  # as ast calls it
        """Return the branch that PostgreSQL takes, if that is known."""
        for was_true, taken in ((False, node.orelse), (True, node.body)):
            scopes = (node.test, self._function, self._tree)
            if is_for_others(*scopes, was_true=was_true):
                return self.of(taken) or [ast.Pass()]
        return self.generic_visit(node)


if __name__ == "__main__":
    sys.exit(main())
