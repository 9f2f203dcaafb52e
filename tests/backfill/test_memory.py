"""What a backfill needs of memory does not grow with the table."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

MEGABYTE = 1024  # the kernel tells kilobytes
# Not ru_maxrss, which begins with the memory of the process that has forked.
UPGRADE = """
import sys
from alembic.config import main
main(["-c", sys.argv[1], "upgrade", "head"])
print(open("/proc/self/status").read())
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux"
)


def most_memory(project):
    """Run the upgrade in a process of its own; return the most that it took."""
    ended = subprocess.run(
        [sys.executable, "-c", UPGRADE, project.ini],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(re.search(r"VmHWM:\s*(\d+) kB", ended.stdout)[1])


def test_memory_does_not_grow_with_the_table(db, project, driver):
    db.execute("CREATE TABLE small (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO small SELECT generate_series(1, 100)")
    db.execute("CREATE TABLE large (id int PRIMARY KEY, n int)")
    db.execute("INSERT INTO large SELECT generate_series(1, 200000)")

    project.revision("a1", 'op.backfill("small", {"n": "id"})')
    small = most_memory(project)
    project.revision("a2", 'op.backfill("large", {"n": "id"})')
    large = most_memory(project)

    assert db.value("SELECT count(*) FROM large WHERE n = id") == 200_000
    assert large < 100 * MEGABYTE
    assert large < small + 10 * MEGABYTE
