"""A forked command is like one of a new interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.project import ROOT
from tests.support.waiting import wait_until

COMMANDS = {
    "succeeds": ["--version"],
    "no command": [],
    "unknown option": ["--nothing"],
    "fails": ["-c", "no.ini", "current"],
}


@pytest.mark.parametrize("module", ["alembic", "alembic_zdt"])
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_exit_code_and_output(forkers, tmp_path, module, arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    wanted = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    forked = forkers[module].start(arguments, tmp_path, environment)
    stdout, stderr = forked.communicate(timeout=60)

    assert forked.returncode == wanted.returncode
    assert (stdout, stderr) == (wanted.stdout, wanted.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals(forkers, project, db, number):
    """The exit code is that of ``subprocess``: the negative number of the signal."""
    project.revision("r1", "op.execute('SELECT pg_sleep(60)')")
    running = project.start("upgrade", "head")
    db.wait_until(
        "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%'"
        " AND datname = current_database() AND pid <> pg_backend_pid())"
    )
    assert running.is_running

    running.popen.send_signal(number)

    assert running.wait().rc == -number
    wait_until(lambda: not _exists(running.pid), "it is gone")


def _exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
