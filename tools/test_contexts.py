"""Tell ``tools.executed_lines`` which test runs, and how long each takes.

A plugin of pytest (``-p tools.test_contexts``).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.executed_lines import FOLDER, recorders

TESTS = "tests.json"

_seconds: Counter[str] = Counter()
_failed: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Make the test a context."""
    recorders[0].enter(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the seconds of setup, call and teardown."""
    _seconds[report.nodeid] += report.duration  # type: ignore[assignment]
    if report.failed:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write down how long each test took, and which failed."""
    text = json.dumps({"seconds": _seconds, "failed": sorted(_failed)})
    (Path(os.environ[FOLDER]) / TESTS).write_text(text)
