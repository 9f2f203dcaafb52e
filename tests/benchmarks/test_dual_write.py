"""The benchmark of dual writes runs, and checks what it has measured."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.scripts import run_benchmark, run_python

SMALL = ("--rows=2000", "--repeat=1", "--load=1", "--wal-segments=0")


@pytest.mark.slow
def test_every_write_and_the_swap_are_measured(db, tmp_path):
    """Both columns are equal after each, else the program fails."""
    file = tmp_path / "runs.json"

    output = run_benchmark(db, "dual_write", *SMALL, f"--json={file}")

    found = json.loads(file.read_text())
    measured = {(run["scheme"], run["write"]) for run in found["writes"]}
    assert len(measured) == 30
    assert all(run["seconds"] > 0 for run in found["writes"])
    assert [swap["errors"] for swap in found["swaps"]] == [{}]
    assert found["swaps"][0]["statements"] > 20
    assert "goal 10 ms, 0 errors: " in output


@pytest.mark.slow
def test_scheme_without_its_trigger_is_an_error(db):
    """A write that costs nothing more, because nothing was done."""
    lazy = """
import sys
from benchmarks import dual_write, dual_write_schemes as schemes
schemes.SCHEMES["ours"] = schemes.none
sys.exit(dual_write.main(sys.argv[1:]))
"""
    ended = run_python(db, "-c", lazy, *SMALL, "--skip=swap")

    assert ended.returncode == 1
    assert "FAILED: INSERT, ours: the catalog does not show" in ended.stdout
    assert "Rows a second" not in ended.stdout
