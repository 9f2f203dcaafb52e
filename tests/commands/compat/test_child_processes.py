"""Programs that ``compat`` finds, and processes that it ends."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from alembic_zdt.commands.compat.child_processes import WorkFolder
from alembic_zdt.errors import UsageError
from tests.support.waiting import wait_until

PHASED = 'op.add_column("users", sa.Column("age", sa.Integer()))'
BLOCK = """\
import os
import pathlib
import signal
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
path = pathlib.Path(os.environ["PIDS"])
path.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
path.with_suffix(".new").rename(path)
signal.pause()
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "base").mkdir()
    return WorkFolder(tmp_path / "base", {"PATH": os.environ["PATH"]})


def test_path_of_a_program_that_only_the_branch_has(place, tmp_path):
    """As .venv/bin/pytest, which no commit has."""
    program = tmp_path / "run"
    program.write_text("#!/bin/sh\nexit 7\n")

    found = place.program("./run", tmp_path)

    assert found == str(program)
    with pytest.raises(UsageError, match="Permission denied"):
        place.run([found])
    program.chmod(0o755)
    assert place.run([found]) == 7
    (place.folder / "run").write_text("")
    assert place.program("./run", tmp_path) == str(place.folder / "run")


def is_gone(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_interrupt_ends_the_tests_and_leaves_nothing(repository, tmp_path):
    repository.deploy()
    repository.revision("0002", "0001", PHASED)
    pids = tmp_path / "pids"
    repository.variables["PIDS"] = str(pids)
    given = ("compat", "--base", "origin/main", "--url", repository.url)
    run = repository.start(*given, "--", "python", "-c", BLOCK)
    wait_until(pids.exists, "the tests run", timeout=60)

    run.interrupt()
    ended = run.wait()

    assert ended.rc == 130, ended.output
    assert ended.stdout.startswith("FAILED: interrupted by SIGINT\n")
    assert repository.is_clean()
    for pid in pids.read_text().split():
        wait_until(lambda pid=int(pid): is_gone(pid), "the process is gone")


def test_termination_in_a_revision_leaves_nothing(repository, admin, creator):
    repository.revision("0001", None, "op.execute('SELECT pg_sleep(60)')")
    repository.deploy()
    given = ("compat", "--base", "origin/main", "--url", repository.url)
    run = repository.start(*given, "--", "true")
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND query ~ %s"
    sleeping = (creator.name, "pg_sleep")
    wait_until(
        lambda: admin.execute(query, sleeping).fetchone()[0],
        "the revision runs",
        timeout=60,
    )

    run.terminate()
    ended = run.wait()

    assert ended.rc == 143, ended.output
    assert ended.stdout.startswith("FAILED: interrupted by SIGTERM\n")
