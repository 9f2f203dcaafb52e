"""The benchmarks of what the package costs run, and check what they have measured."""

from __future__ import annotations

import json

import pytest

from benchmarks import call_times, guard_chain
from benchmarks.idle import BOUND_MS, MODES
from benchmarks.overhead import BOUNDS
from examples.shop.proofs import NotDoneError
from tests.benchmarks.scripts import rows_of, run_benchmark, run_python


@pytest.mark.slow
def test_overhead_of_index_help_upgrade_log_and_guard(db, tmp_path):
    """Each in pairs, with the package and without; the processor time has bounds."""
    file = tmp_path / "overhead.json"
    small = ("--rows=2000", "--revisions=150", "--pairs=1", "--starts=1")
    options = (*small, f"--json={file}")

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
    assert len(rows_of(output, "alembic upgrade head, empty revisions, likewise")) == 2
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
def test_no_transaction_is_idle_for_long(db, tmp_path):
    """In one transaction, and in one for each revision."""
    file = tmp_path / "idle.json"
    options = ("--rows=1000", "--samples=1", f"--json={file}")

    ended = run_python(db, "benchmarks/idle.py", *options)

    assert file.exists(), ended.stdout
    longest = json.loads(file.read_text())["median_ms"]
    assert list(longest) == list(MODES)
    assert {len(rows_of(ended.stdout, mode)) for mode in MODES} == {1}
    missed = [mode for mode, found in longest.items() if found > BOUND_MS]
    assert ended.stdout.count("FAILED: ") == len(missed)
    assert ended.returncode == bool(missed), ended.stdout
    # The machine of a test may be busy; an import in a transaction lasts longer.
    assert max(longest.values()) < 5 * BOUND_MS


@pytest.mark.slow
def test_idle_times_of_an_upgrade_that_does_nothing_are_an_error(db):
    """It has no transaction that could be idle for long."""
    lazy = """
import sys
from benchmarks import idle
idle.BODIES = ["pass"]
sys.exit(idle.main(sys.argv[1:]))
"""
    ended = run_python(db, "-c", lazy, "--rows=1", "--samples=1")

    assert ended.returncode == 1
    assert "FAILED: alembic upgrade head: the catalog does not" in ended.stdout


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


@pytest.mark.slow
def test_autogenerate_beside_alembic(db):
    """Of a few tables, where the start of the program counts most."""
    ended = run_python(
        db, "benchmarks/autogenerate_scale.py", "--tables", "3", "--samples=1"
    )

    for case in ("new tables", "nothing new"):
        ((_, number, ours, stock, ratio, _),) = rows_of(ended.stdout, case)
        assert number == "3"
        assert float(ours) / float(stock) == pytest.approx(float(ratio), abs=0.1)
    missed = ended.stdout.count("FAILED: ")
    assert ended.returncode == bool(missed), ended.stdout


@pytest.mark.slow
def test_guard_on_a_chain_beside_alembic(db):
    """The figures of a short chain count little."""
    options = ("--revisions=10", "--pairs=1", "--only", "old tables")

    ended = run_python(db, "benchmarks/guard_chain.py", *options)

    ((_, cpu, _quartiles, time, median, mean, questions),) = rows_of(
        ended.stdout, "old tables"
    )
    assert float(cpu) > 0
    assert float(time) > 0
    assert float(median) < 1000 > float(mean)
    assert 0 < float(questions) < 8
    missed = ended.stdout.count("FAILED: ")
    assert ended.returncode == bool(missed), ended.stdout


def test_chain_has_bounds():
    figures = guard_chain.Measured(1.4, 1.4, 1.4, 1.4, 2.1, 2.2, 1.0)

    assert guard_chain.missed("empty", figures) == [
        "empty: 1.4 times the processor time of Alembic, more than 1.3",
        "empty: 2.1 ms a call (median), more than 2.0",
        "empty: 2.2 ms a call (mean), more than 2.0",
    ]


def test_calls_are_compared_by_their_medians():
    ours, theirs = [[0.2, 0.1], [0.4, 0.1], [0.4, 0.1]], [[0.1, 0.1]] * 3

    more = call_times.milliseconds_more(ours, theirs)

    assert more == pytest.approx([300, 0])


def test_sides_of_a_chain_leave_the_same_catalog():
    for ours, theirs in (("a", "b"), (None, None)):
        with pytest.raises(NotDoneError, match="another catalog"):
            guard_chain.demand_alike(ours, theirs)
