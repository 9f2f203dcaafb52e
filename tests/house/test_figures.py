"""The figures of the README are those of the runs in ``benchmarks/measured``."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIGURES = re.search(
    r"<!-- figures -->(.*)<!-- end of figures -->",
    (ROOT / "README.md").read_text(),
    re.DOTALL,
)[1]


def measured(name):
    return json.loads((ROOT / "benchmarks" / "measured" / f"{name}.json").read_text())


def row(beginning):
    (line,) = (ln for ln in FIGURES.splitlines() if ln.startswith(f"| {beginning}"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


def wait(milliseconds):
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s"


@pytest.mark.parametrize(
    ("beginning", "change", "scenario"),
    [
        ("longest wait, index on 1,000,000 rows", "create-index", "quiet"),
        ("longest wait, foreign key", "foreign-key", "quiet"),
        ("longest wait, NOT NULL while a report", "not-null", "reader"),
        ("longest wait, unique constraint while a report", "unique", "reader"),
    ],
)
def test_longest_wait_is_what_was_measured(beginning, change, scenario):
    found = measured("stall")
    assert found["options"]["rows"] == 1_000_000
    waits = {
        run["how"]: wait(run["report"]["max_ms"])
        for run in found["runs"]
        if (run["change"], run["scenario"]) == (change, scenario)
    }
    assert row(beginning) == [waits["stock"], waits["alembic_zdt"]]


def test_noise_floor_is_what_was_measured():
    floor = max(each["max_ms"] for each in measured("stall")["controls"])
    assert f"Without any change the longest wait was {wait(floor)}" in FIGURES


def test_backfill_is_what_was_measured():
    found = measured("backfill")
    assert found["options"]["rows"] == 2_000_000
    runs = {run["how"]: run for run in found["runs"]}
    both = [runs["one UPDATE"], runs["ours"]]

    waits = [wait(run["report"]["max_ms"]) for run in both]
    assert row("longest wait, backfill of 2,000,000 rows") == waits
    assert row("the same backfill") == [
        f"{run['rows'] / run['seconds']:,.0f}; "
        f"{growth(run, 'heap'):.0%}, {growth(run, 'indexes'):.0%}".replace("%", " %")
        for run in both
    ]


def growth(run, what):
    return run["after"][what] / run["before"][what] - 1


def test_dual_writes_are_what_was_measured():
    found = measured("dual_write")
    rates = [
        ", ".join(
            f"{thousands(found['writes'], scheme, write):,}"
            for write in ("INSERT", "UPDATE of another column")
        )
        for scheme in ("no trigger", "ours")
    ]
    assert row("rows a second while a rename is open") == rates
    held = max(swap["held_ms"] for swap in found["swaps"])
    statements = sum(swap["statements"] for swap in found["swaps"])
    assert all(swap["errors"] == {} for swap in found["swaps"])
    assert f"held its lock for at most {held:.0f} ms, {statements:,} s" in FIGURES


def thousands(writes, scheme, write):
    rates = [
        run["rows"] / run["seconds"]
        for run in writes
        if (run["scheme"], run["write"]) == (scheme, write)
    ]
    return int(round(statistics.median(rates), -3))


def test_machine_is_the_one_of_the_runs():
    for name in ("stall", "backfill", "dual_write"):
        assert measured(name)["machine"].startswith(
            "2 cores; PostgreSQL 18.6, fsync on"
        )
    assert "2 shared cores, PostgreSQL 18.6 with `fsync` on" in FIGURES
