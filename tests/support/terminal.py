"""What a program draws on a terminal."""

from __future__ import annotations

import os


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
