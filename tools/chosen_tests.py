"""Run chosen tests in a given order, each with its own time limit.

A plugin of pytest (``-p tools.chosen_tests``).  Ids on the command line would have to
be matched one by one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

CHOSEN = "ZDT_CHOSEN_TESTS"
"""Names a file with a JSON object: the id of a test -> seconds that it may take."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the chosen tests."""
    limits: dict[str, float] = json.loads(Path(os.environ[CHOSEN]).read_text())
    found = {item.nodeid: item for item in items}
    items[:] = [found[test] for test in limits if test in found]
    for item in items:
        item.add_marker(pytest.mark.timeout(limits[item.nodeid]))
