"""The benchmark of waits measures changes that were made, and only these."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.cases import CASES, LOCK_CASE
from benchmarks.stall import OURS, STOCK, WAYS
from tests.benchmarks.scripts import rows_of, run_benchmark, run_python

SMALL = (
    "--rows=12000",  # the guard would stop what is done to so many
    "--rate=50",
    "--control-seconds=0.1",
    "--pause=0",
    "--reader-seconds=0.3",
)


@pytest.mark.slow
def test_every_change_is_measured_both_ways(db, tmp_path):
    """Stock operations too, which the guard would stop."""
    file = tmp_path / "runs.json"

    output = run_benchmark(db, "stall", *SMALL, "--scenarios=quiet", f"--json={file}")

    runs = json.loads(file.read_text())["runs"]
    expected = {(case.name, how) for case in CASES for how in (STOCK, OURS)}
    expected |= {(LOCK_CASE.name, how) for how in WAYS}
    assert {(run["change"], run["how"]) for run in runs} == expected
    assert {len(rows_of(output, case.name)) for case in CASES} == {2}
    assert "FAILED" not in output


@pytest.mark.slow
def test_other_sessions_are_on_the_table(db, tmp_path):
    """A reader keeps stock waiting until it ends."""
    file = tmp_path / "runs.json"
    crowd = ("--average=1", "--short=0.02", "--scenarios=reader,busy", "--only=check")

    run_benchmark(db, "stall", *SMALL, *crowd, f"--json={file}")

    runs = json.loads(file.read_text())["runs"]
    assert {(run["scenario"], run["how"]) for run in runs} == {
        (scenario, how) for scenario in ("reader", "busy") for how in (STOCK, OURS)
    }
    (stock,) = (r for r in runs if (r["scenario"], r["how"]) == ("reader", STOCK))
    assert stock["report"]["max_ms"] > 100


@pytest.mark.slow
def test_change_that_is_not_made_has_no_row(db):
    """The exit code is 1, whichever half it was."""
    lazy = """
import dataclasses, sys
from benchmarks import stall
first, second = stall.CASES[:2]
first = dataclasses.replace(first, stock="pass")
stall.CASES = (first, dataclasses.replace(second, ours="pass"))
sys.exit(stall.main(sys.argv[1:]))
"""
    first, second = (case.name for case in CASES[:2])
    options = ("--scenarios=quiet", f"--only={first},{second}")

    ended = run_python(db, "-c", lazy, *SMALL, *options)

    assert ended.returncode == 1
    assert f"FAILED: {first}, quiet, {STOCK}: not done: " in ended.stdout
    assert f"FAILED: {second}, quiet, {OURS}: not done: " in ended.stdout
    shown = [rows_of(ended.stdout, name) for name in (first, second)]
    assert [[row[2] for row in rows] for rows in shown] == [[OURS], [STOCK]]


@pytest.mark.slow
def test_way_that_gives_up_is_named_below_the_table(db):
    """It is no failure of a half, and has no figures."""
    options = ("--only=lock", "--scenarios=reader", "--how=NOWAIT,alembic_zdt")
    shared = ("--deadline=0.2", "--reader-seconds=0.1")

    lazy = """
import sys
from benchmarks import stall, strategies
strategies.STRATEGIES["NOWAIT"] = lambda *_: False
sys.exit(stall.main(sys.argv[1:]))
"""
    ended = run_python(db, "-c", lazy, *SMALL, *options, *shared, "--deadline=10")

    assert ended.returncode == 0, ended.stdout
    assert "lock, reader, NOWAIT: gave up" in ended.stdout
    assert [row[2] for row in rows_of(ended.stdout, "lock")] == [OURS]


@pytest.mark.slow
def test_latency_is_drawn(db, tmp_path):
    """Two panels over the same time, with the waits that were measured."""
    file = tmp_path / "latency.svg"
    options = ("--rows=12000", "--rate=50", "--control-seconds=0.1")

    output = run_benchmark(
        db, "latency", *options, "--reader-seconds=1", f"--svg={file}"
    )

    drawn = file.read_text()
    titles = re.findall(r">(Alembic's own operation|alembic_zdt): longest wait ", drawn)
    assert titles == ["Alembic's own operation", "alembic_zdt"]
    assert "lock_timeout, 200 ms" in drawn
    assert f"{file}: Alembic's own operation: longest wait " in output
