"""The programs in ``tools`` that no other test runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]


def test_server_in_a_terminal(cluster):
    """It prints where it is, answers, and ends with Ctrl-C."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "tools.postgres"],
        cwd=ROOT,
        env=os.environ | {"ZDT_PG_HOME": str(cluster.bin.parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        with psycopg.connect(popen.stdout.readline().strip()) as connection:
            (version,) = connection.execute("SHOW server_version_num").fetchone()
        popen.send_signal(signal.SIGINT)
        popen.communicate(timeout=60)
    finally:
        popen.kill()
        popen.communicate()

    assert int(version) // 10000 == cluster.version
    assert popen.returncode == 0
