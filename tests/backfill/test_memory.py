"""What a backfill needs of memory does not grow with the table."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.project import ROOT

MEGABYTE = 1024  # ru_maxrss counts kilobytes


def most_memory(project):
    """Run the upgrade in a process of its own; return the most that it took."""
    with subprocess.Popen(
        [sys.executable, "-m", "alembic", "-c", project.ini, "upgrade", "head"],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as alembic:
        _pid, status, usage = os.wait4(alembic.pid, 0)
        alembic.returncode = os.waitstatus_to_exitcode(status)
    assert alembic.returncode == 0
    return usage.ru_maxrss


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
