"""The pictures of the pages are drawn from real runs."""

from __future__ import annotations

import re

import pytest

from tests.benchmarks.scripts import run_benchmark


def milliseconds(text):
    number, unit = text.split()
    return float(number) * {"ms": 1, "s": 1000}[unit]


@pytest.mark.slow
def test_lock_queue_is_drawn(db, tmp_path):
    """Behind an open transaction, writes wait for the stock operation alone."""
    file = tmp_path / "queue.svg"

    output = run_benchmark(
        db, "lock_queue", "--rows=500", "--seconds=1.5", f"--svg={file}"
    )

    drawn = file.read_text()
    assert "waits in the lock queue" in drawn
    assert "waits outside the queue" in drawn
    stock, ours = re.findall(r">(stock|ours): a request takes (.*?) at most<", drawn)
    assert (stock[0], ours[0]) == ("stock", "ours")
    assert milliseconds(stock[1]) > 100
    assert f"{file}: stock: a request takes {stock[1]} at most" in output


@pytest.mark.slow
def test_phases_and_twin_are_drawn(db, tmp_path):
    """Old and new code write at the same time, and no request fails."""
    phases, twin = tmp_path / "phases.svg", tmp_path / "twin.svg"
    options = ("--rows=9", "--pause=0.3", f"--phases={phases}", f"--twin={twin}")

    run_benchmark(db, "rename_phases", *options)

    assert re.search(r">\d+ requests, 0 failed, the longest took ", phases.read_text())
    steps = re.findall(r">\d\. (.*?)<", twin.read_text())
    assert steps == [
        *("before", "after expand", "old code inserts", "new code inserts"),
        *("after migrate", "after contract"),
    ]
    assert twin.read_text().count(">NULL<") == 3  # Ada's, until migrate
