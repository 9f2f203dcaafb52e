"""The benchmark of the estimates runs, and judges what it has measured."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.scripts import run_python


@pytest.mark.slow
def test_estimates_are_compared_with_what_the_steps_took(db, tmp_path):
    file = tmp_path / "estimates.json"
    tables = ("--rows=100000", "--rows=120000")
    changes = ("--change=index, int", "--change=check, comparison")

    ended = run_python(
        db, "benchmarks/estimates.py", *tables, *changes, f"--json={file}"
    )

    found = json.loads(file.read_text())
    sources = [each["estimate"]["source"] for each in found]
    assert sorted(sources) == ["default", "default", "history", "history"]
    assert all(each["seconds"] > 0 for each in found)
    known = [each for each in found if each["estimate"]["source"] == "history"]
    right = sum(
        each["estimate"]["seconds"]["low"]
        <= each["seconds"]
        <= each["estimate"]["seconds"]["high"]
        for each in known
    )
    assert f"{right} of 2 estimates with a history were right" in ended.stdout
    assert ended.returncode == (right < 2), ended.stdout + ended.stderr
