"""The benchmark of backfills runs, and checks what it has measured."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.scripts import run_benchmark, run_python

WAYS = {"one UPDATE", "ours", "whole pages", "key + marker"}
SMALL = ("--rows=3000", "--wal-segments=0", "--control-seconds=0.2")


@pytest.mark.slow
def test_every_way_is_measured(db, tmp_path):
    """Each sets every row, else the program fails."""
    file = tmp_path / "runs.json"

    output = run_benchmark(
        db, "backfill", *SMALL, "--only=two-indexes", f"--json={file}"
    )

    runs = json.loads(file.read_text())["runs"]
    assert {run["how"] for run in runs} == WAYS
    assert all(run["after"]["updated"] > run["before"]["updated"] for run in runs)
    assert "two-indexes: rows/s / one UPDATE: " in output


@pytest.mark.slow
def test_backfill_that_leaves_rows_is_an_error(db):
    """Its figures are not shown."""
    lazy = """
import sys
from benchmarks import backfill
backfill.WAYS["ours"] = lambda url: None
sys.exit(backfill.main(sys.argv[1:]))
"""
    options = ("--only=primary-key", "--how=ours")

    ended = run_python(db, "-c", lazy, *SMALL, *options)

    assert ended.returncode == 1
    assert "FAILED: primary-key, ours: the catalog does not show" in ended.stdout
    assert "rows/s" not in ended.stdout
