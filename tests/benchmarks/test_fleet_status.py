"""The benchmark of fleet status runs, and checks what it has measured."""

from __future__ import annotations

import pytest

from tests.benchmarks.scripts import rows_of, run_benchmark


@pytest.mark.slow
def test_status_of_a_fleet_is_measured(db):
    output = run_benchmark(db, "fleet_status", "--schemas=20,40")

    for size in ("20", "40"):
        ((_, seconds, milliseconds, mebibytes),) = rows_of(output, size)
        assert all(float(each) > 0 for each in (seconds, milliseconds, mebibytes))
