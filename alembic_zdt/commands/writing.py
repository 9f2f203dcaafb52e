"""Files that are written as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def write_all(texts: Mapping[Path, str]) -> None:
    """Write all files or none, replacing each existing file at once.

    A device or a pipe, such as ``/dev/stdout``, stays, and gets the text at the end.
    """
    made: list[tuple[Path, Path]] = []
    files = {path: text for path, text in texts.items() if _may_be_replaced(path)}
    try:
        for given, text in files.items():
            path = given.resolve()  # a link stays, and its file is replaced
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
    for path in texts.keys() - files.keys():
        path.write_text(texts[path], encoding="utf-8", newline="")


def _may_be_replaced(path: Path) -> bool:
    return not path.exists() or path.is_file() or path.is_dir()
