"""The benchmark of dual writes runs, and checks what it has measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.project import ROOT


@pytest.mark.slow
def test_every_write_and_the_swap_are_measured(db, tmp_path):
    """Both columns are equal after each, else the program fails."""
    file = tmp_path / "runs.json"
    program = [sys.executable, ROOT / "benchmarks/dual_write.py", f"--json={file}"]
    options = ["--rows=2000", "--repeat=1", "--load=1", "--wal-segments=0"]

    ended = subprocess.run(
        [*program, *options],
        env=os.environ | {"ZDT_DATABASE_URL": db.server.dsn("postgres", "psycopg")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    found = json.loads(file.read_text())
    measured = {(run["scheme"], run["write"]) for run in found["writes"]}
    assert len(measured) == 16
    assert all(run["seconds"] > 0 for run in found["writes"])
    assert [swap["errors"] for swap in found["swaps"]] == [{}]
    assert found["swaps"][0]["statements"] > 20
    assert "goal 10 ms, 0 errors: " in ended.stdout
