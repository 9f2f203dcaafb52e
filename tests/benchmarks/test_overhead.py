"""The benchmarks of what the package costs run, and check what they have measured."""

from __future__ import annotations

import json

import pytest

from benchmarks.overhead import BOUNDS
from tests.benchmarks.scripts import rows_of, run_benchmark, run_python


@pytest.mark.slow
def test_overhead_of_index_help_upgrade_log_and_guard(db, tmp_path):
    """Each in pairs, with the package and without; the processor time has bounds."""
    file = tmp_path / "overhead.json"
    options = ("--rows=2000", "--pairs=1", "--starts=1", f"--json={file}")

    ended = run_python(db, "-m", "benchmarks.overhead", *options)

    output, results = ended.stdout, json.loads(file.read_text())["results"]
    clocks = {name: set(result) for name, result in results.items()}
    assert clocks == {
        "index": {"wall"},
        "help": {"wall", "cpu"},
        "upgrade": {"wall", "cpu"},
        "log": {"wall", "cpu"},
        "guard": {"wall", "cpu"},
    }
    assert all(r["ratio"] > 0 for clocks in results.values() for r in clocks.values())
    assert len(rows_of(output, "alembic upgrade head, 500 revisions, likewise")) == 2
    missed = [name for name, most in BOUNDS.items() if _cpu(results, name) > most]
    assert output.count("FAILED: ") == len(missed)
    assert ended.returncode == bool(missed), output
    # The machine of a test may be busy; the faults that were there cost far more.
    assert _cpu(results, "upgrade") < 1.4
    assert _cpu(results, "log") < 1.8
    assert _cpu(results, "guard") < 2


def _cpu(results, name):
    return results[name]["cpu"]["ratio"]


@pytest.mark.slow
def test_index_that_is_not_built_is_an_error(db):
    """A statement that is not sent costs nothing."""
    lazy = """
import sys
from benchmarks import overhead
overhead.OURS = 'context.config.attributes["seconds"] = 0.001'
sys.exit(overhead.main(sys.argv[1:]))
"""
    ended = run_python(db, "-c", lazy, "--only", "index", "--rows=1000", "--pairs=1")

    assert ended.returncode == 1
    assert "FAILED: index, ours: the catalog does not show the change" in ended.stdout
    assert "ratio" not in ended.stdout


@pytest.mark.slow
def test_cost_of_the_checks(db):
    """The lint reports every revision, both upgrades make every change."""
    options = ("--revisions=20", "--upgraded=3", "--pairs=1")

    output = run_benchmark(db, "checks", *options)

    assert len(rows_of(output, "lint, 20 revisions of 4 calls")[0]) == 2
    upgrade = rows_of(output, "upgrade, 3 revisions")[0]
    assert all(float(figure) > 0 for figure in upgrade[1:])
    assert len(upgrade) == 4


@pytest.mark.slow
def test_upgrade_that_does_nothing_is_an_error(db):
    """Both sides of the ratio make the same change."""
    lazy = """
import sys
from benchmarks import checks
upgrade = checks.command.upgrade
def only_with_the_guard(config, revision):
    if config.cmd_opts.x == ["zdt.guard=error"]:
        upgrade(config, revision)
checks.command.upgrade = only_with_the_guard
sys.exit(checks.main(sys.argv[1:]))
"""
    options = ("--revisions=2", "--upgraded=2", "--pairs=1")

    ended = run_python(db, "-c", lazy, *options)

    assert ended.returncode == 1
    assert "FAILED: upgrade with guard=off, table t0: the catalog" in ended.stdout
