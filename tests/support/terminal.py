"""Read what a program draws on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read_until(master: int, words: str | None = None) -> str:
    """Read from the master side until the words appear, or to the end."""
    text = b""
    while words is None or words.encode() not in text:
        try:
            found = os.read(master, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not found:
            break
        text += found
    return text.decode(errors="replace")


def on_terminal(
    arguments: Sequence[object],
    folder: Path,
    *,
    module: str = "alembic_zdt",
    with_stderr: bool = False,
) -> tuple[int, str]:
    """Run a command line on a terminal; its exit code, and the text without colours.

    Args:
        arguments: of the program.
        folder: where it is run.
        module: of the program, ours or ``alembic``.
        with_stderr: whether the terminal shows that as well.
    """
    master, slave = pty.openpty()
    variables = {"PYTHONPATH": str(ROOT), "COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=folder,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave if with_stderr else subprocess.DEVNULL,
    ) as program:
        os.close(slave)
        screen = read_until(master)
    os.close(master)
    return program.returncode, re.sub(r"\x1b\[[0-9;]*m", "", screen)
