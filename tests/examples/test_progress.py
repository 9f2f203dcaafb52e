"""Progress of the demo and the benchmarks: a live line, or a line now and then."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.support.project import ROOT
from tests.support.terminal import read_until

FILLING = """
import threading
from examples.shop import progress
progress.INTERVAL = 0.01
with progress.progress("filling the shop", 10) as advance:
    advance(4)
    threading.Event().wait(0.3)
with progress.progress("analyzing"):
    threading.Event().wait(0.3)
"""


def test_terminal_shows_a_live_bar():
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", FILLING],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
    ) as program:
        os.close(slave)
        screen = read_until(master)
    os.close(master)

    assert program.returncode == 0
    assert "filling the shop" in screen
    assert "40%" in screen
    assert "analyzing" in screen
    assert screen.rstrip().endswith("\x1b[2K")  # nothing of it stays


def test_file_gets_lines():
    done = subprocess.run(
        [sys.executable, "-c", FILLING],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    lines = done.stdout.splitlines()
    assert "  filling the shop: 40%, 0 s" in lines
    assert "  analyzing: 0 s" in lines
