"""What a program draws on a terminal."""

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


def on_terminal(arguments: Sequence[object], folder: Path) -> tuple[int, str]:
    """Run our command line on a terminal; its exit code, and the text without colours.

    Args:
        arguments: of ``alembic-zdt``.
        folder: where it is run.
    """
    master, slave = pty.openpty()
    variables = {"PYTHONPATH": str(ROOT), "COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "alembic_zdt", *map(str, arguments)],
        cwd=folder,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.DEVNULL,
    ) as program:
        os.close(slave)
        screen = read_until(master)
    os.close(master)
    return program.returncode, re.sub(r"\x1b\[[0-9;]*m", "", screen)
