"""Alembic's own test suite, with this package installed and without.

``python -m tools.alembic_suite`` takes the source distributions of the oldest and the
newest supported Alembic and runs the suite of each on SQLite and on PostgreSQL.  Every
test must pass with the package, or end as it does without; else the exit code is 1.
Without the package it runs the tests that did not pass, and with ``ZDT_TEST_FULL=1``
all of them.

Alembic before 1.18 loads no plugins; there the directives are registered first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.environments import ROOT, empty_environment, uv
from tools.lowest import floors
from tools.matrix import LIBRARIES
from tools.postgres import Cluster

WITH_PLUGINS = (1, 18)
NEEDS = ("black", "psycopg[binary]", "pytest", "pytest-xdist", "setuptools", "tzdata")
IS_FULL = os.environ.get("ZDT_TEST_FULL", "") not in ("", "0")
FEWEST = 1000
"""Tests of a suite that was really run."""

PLUGIN = "of_this_run"
"""What pytest loads first: it registers the directives, or leaves tests out."""

REGISTERS = "import alembic_zdt.op\n"
SELECTS = """
import json
from pathlib import Path

import pytest

NAMES = Path(__file__).with_suffix(".json")
COLLECTED = Path("collected.json")


def name_of(nodeid):
    test, bracket, parameters = nodeid.partition("[")
    *places, name = test.split("::")
    places[0] = places[0].removesuffix(".py").replace("/", ".")
    return f"{'.'.join(places)}::{name}{bracket}{parameters}"


@pytest.hookimpl(trylast=True)  # SQLAlchemy makes the items of each database first
def pytest_collection_modifyitems(items):
    names = set(json.loads(NAMES.read_text()))
    COLLECTED.write_text(json.dumps([name_of(item.nodeid) for item in items]))
    items[:] = [item for item in items if name_of(item.nodeid) in names]
"""
"""Keeps only the tests named in a file, as a JUnit report names them."""

FOUND = "found"
Outcomes = dict[str, str]
"""Test -> passed, skipped, failed, error, or only found."""


@dataclass(frozen=True)
class Suite:
    """The suite of one version of Alembic, in an environment of its own.

    Attributes:
        version: of Alembic.
        python: interpreter of the environment.
        folder: of the source distribution.
        workers: that share its tests.
    """

    version: str
    python: Path
    folder: Path
    workers: int = 2

    def run_with_us(self, url: str) -> Outcomes:
        """Run all of it; return how each test ended."""
        loads_plugins = tuple(map(int, self.version.split(".")[:2])) >= WITH_PLUGINS
        return self._run(url, "" if loads_plugins else REGISTERS)

    def run_without(self, url: str, names: Collection[str] | None) -> Outcomes:
        """Run these tests, or all of them; return how each ended, or was only found."""
        if names is None:
            return self._run(url, "")
        listed = json.dumps(sorted(names))
        (self.folder / f"{PLUGIN}.json").write_text(listed, encoding="utf-8")
        collected = self.folder / "collected.json"
        collected.write_text("[]", encoding="utf-8")
        found = self._run(url, SELECTS)
        everything = json.loads(collected.read_text(encoding="utf-8"))
        return dict.fromkeys(everything, FOUND) | found

    def _run(self, url: str, plugin: str) -> Outcomes:
        (self.folder / f"{PLUGIN}.py").write_text(plugin, encoding="utf-8")
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        command: list[str | Path] = [self.python, "-m", "pytest", "-q"]
        command += [
            "-n",
            str(self.workers),
            "-p",
            PLUGIN,
            "-p",
            "no:cacheprovider",
            "--maxfail",
            "100000",
        ]
        command += ["-r", "N", f"--junitxml={report}", "--dburi", url]
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
    """Return what is wrong with the run that has the package installed.

    Args:
        without: how the tests end without it; those that pass with it are only found.
        with_us: how the tests end with it.
    """
    if len(with_us) < FEWEST:
        return [f"only {len(with_us)} tests were run with the package"]
    ends = {
        name: (with_us.get(name), without.get(name)) for name in {*without, *with_us}
    }
    return [
        f"{name}: {here or 'not run'} instead of {there or 'not run'}"
        for name, (here, there) in sorted(ends.items())
        if here != there and (here, there) != ("passed", FOUND)
    ]


def not_passed(found: Mapping[str, str]) -> set[str]:
    """Return the tests that did not pass."""
    return {name for name, end in found.items() if end != "passed"}


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
    """Run the suite on each database with the package and without it.

    Returns:
        What is wrong, and on which database.
    """
    python = f"--python={suite.python}"
    uv("pip", "install", "--quiet", python, "--no-deps", "--editable=.")
    with_us = {name: suite.run_with_us(url) for name, url in urls.items()}
    uv("pip", "uninstall", "--quiet", python, "alembic-zdt")
    wrong = []
    for name, url in urls.items():
        found = with_us[name]
        names = None if IS_FULL else not_passed(found)
        without = suite.run_without(url, names)
        print(f"Alembic {suite.version}, {name}: {_counted(found)}", flush=True)
        wrong += [
            f"Alembic {suite.version}, {name}: {each}"
            for each in differences(without, found)
        ]
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
