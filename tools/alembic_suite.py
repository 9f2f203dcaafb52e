"""Alembic's own test suite, with this package installed and without.

``python -m tools.alembic_suite`` takes the source distributions of the oldest and the
newest supported Alembic and runs the suite of each twice on SQLite and twice on
PostgreSQL.  Every test must end as it does without the package; else the exit code
is 1.

Alembic before 1.18 loads no plugins; there the directives are registered first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.environments import ROOT, empty_environment, uv
from tools.lowest import floors
from tools.matrix import LIBRARIES
from tools.postgres import Cluster

WITH_PLUGINS = (1, 18)
NEEDS = ("black", "psycopg[binary]", "pytest", "pytest-xdist", "setuptools", "tzdata")
FEWEST = 1000
"""Tests of a suite that was really run."""

REGISTERED_FIRST = "registered_first"

Outcomes = dict[str, str]
"""Test -> passed, skipped, failed or error."""


@dataclass(frozen=True)
class Suite:
    """The suite of one version of Alembic, in an environment of its own.

    Attributes:
        version: of Alembic.
        python: interpreter of the environment.
        folder: of the source distribution.
    """

    version: str
    python: Path
    folder: Path

    def run(self, url: str, *, is_installed: bool) -> Outcomes:
        """Run it; return how each test ended."""
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        command: list[str | Path] = [self.python, "-m", "pytest", "-q", "-n", "2"]
        command += ["-p", "no:cacheprovider", "--maxfail", "100000", "-r", "N"]
        command += [f"--junitxml={report}", "--dburi", url]
        if is_installed and tuple(map(int, self.version.split(".")[:2])) < WITH_PLUGINS:
            text = "import alembic_zdt.op\n"
            (self.folder / f"{REGISTERED_FIRST}.py").write_text(text, encoding="utf-8")
            command += ["-p", REGISTERED_FIRST]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if not report.exists():
            print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
            return {}
        return dict(outcomes(report.read_text(encoding="utf-8")))


def outcomes(report: str) -> Iterator[tuple[str, str]]:
    """Return the tests of a JUnit report and how they ended."""
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314  # of our own run
        ends = {"failure": "failed", "error": "error", "skipped": "skipped"}
        found = [ends[each.tag] for each in case if each.tag in ends]
        name = f"{case.get('classname')}::{case.get('name')}"
        yield name, found[0] if found else "passed"


def differences(without: Mapping[str, str], with_us: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the run that has the package installed."""
    if len(without) < FEWEST:
        return [f"only {len(without)} tests were run without the package"]
    return [
        f"{name}: {with_us.get(name, 'not run')} instead of "
        f"{without.get(name, 'not run')}"
        for name in sorted({*without, *with_us})
        if with_us.get(name) != without.get(name)
    ]


def suite_of(version: str, sqlalchemy: str, folder: Path) -> Suite:
    """Fetch the source of a version, and make an environment for its tests."""
    needed = (f"alembic=={version}", f"sqlalchemy=={sqlalchemy}", *NEEDS)
    python = empty_environment(folder / f"env-{version}", *needed)
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--no-binary", ":all:", "--dest", folder, f"alembic=={version}"),
    )
    with tarfile.open(folder / f"alembic-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return Suite(version, python, folder / f"alembic-{version}")


def _run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def compare(suite: Suite, urls: Mapping[str, str]) -> list[str]:
    """Run the suite on each database without the package and with it.

    Returns:
        What is wrong, and on which database.
    """
    without = {name: suite.run(url, is_installed=False) for name, url in urls.items()}
    python = f"--python={suite.python}"
    uv("pip", "install", "--quiet", python, "--no-deps", "--editable=.")
    wrong = []
    for name, url in urls.items():
        found = differences(without[name], suite.run(url, is_installed=True))
        counts = _counted(without[name])
        print(f"Alembic {suite.version}, {name}: {counts}", flush=True)
        wrong += [f"Alembic {suite.version}, {name}: {each}" for each in found]
    return wrong


def _counted(found: Mapping[str, str]) -> str:
    ends = list(found.values())
    return ", ".join(f"{ends.count(end)} {end}" for end in sorted(set(ends)))


def versions() -> list[tuple[str, str]]:
    """Return the oldest and the newest Alembic, each with a SQLAlchemy."""
    return [(floors()["alembic"], LIBRARIES[0][1]), LIBRARIES[-1]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites, or those of the versions that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="*", help="of Alembic; default: all of them")
    named = parser.parse_args(arguments).version
    wrong = []
    with tempfile.TemporaryDirectory() as folder, Cluster(in_memory=True) as cluster:
        # Each worker of the suite copies this database.
        cluster.run("psql", "-qc", "CREATE DATABASE test")
        cluster.run("psql", "-qd", "test", "-c", "CREATE SCHEMA test_schema")
        urls = {"SQLite": "sqlite:///:memory:"}
        urls["PostgreSQL"] = cluster.dsn("test", "psycopg")
        for version, sqlalchemy in versions():
            if not named or version in named:
                suite = suite_of(version, sqlalchemy, Path(folder))
                wrong += compare(suite, urls)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main())
