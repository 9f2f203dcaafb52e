"""Files that are written as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def write_all(texts: Mapping[Path, str]) -> None:
    """Write all files or none, replacing each existing file in one moment."""
    made: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_name(f".{path.name}.{os.getpid()}")
            made.append((whole, path))
            whole.write_text(text, encoding="utf-8", newline="")
            if path.exists():
                shutil.copymode(path, whole)
        for whole, path in made:
            whole.replace(path)
    finally:
        for whole, _ in made:
            whole.unlink(missing_ok=True)
