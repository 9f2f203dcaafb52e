"""The benchmark of backfills runs, and checks what it has measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.project import ROOT

WAYS = {"one UPDATE", "ours", "whole pages", "key + marker"}


@pytest.mark.slow
def test_every_way_is_measured(db, tmp_path):
    """Each sets every row, else the program fails."""
    file = tmp_path / "runs.json"
    program = [sys.executable, ROOT / "benchmarks/backfill.py", "--rows=3000"]
    program += ["--wal-segments=0"]
    options = ["--only=two-indexes", "--control-seconds=0.2", f"--json={file}"]

    ended = subprocess.run(
        [*program, *options],
        env=os.environ | {"ZDT_DATABASE_URL": db.server.dsn("postgres", "psycopg")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    runs = json.loads(file.read_text())["runs"]
    assert {run["how"] for run in runs} == WAYS
    assert all(run["after"]["updated"] > run["before"]["updated"] for run in runs)
    assert "two-indexes: rows/s / one UPDATE: " in ended.stdout
