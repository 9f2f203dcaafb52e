"""Run env.py offline, and keep the files that it writes out of the user's folder.

Alembic's template for several databases opens ``engine1.sql`` and so on in the current
folder.  A command that only reads, or writes a script itself, must leave no file.
https://alembic.sqlalchemy.org/en/latest/cookbook.html
"""

from __future__ import annotations

import builtins
import importlib.util
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_CHANGING = frozenset("wax+")


def run_env(script: ScriptDirectory) -> dict[str, str]:
    """Run env.py, with the files that it writes redirected into a temporary folder.

    Args:
        script: the revisions.

    Returns:
        The text of each file, by the path that env.py gave.
    """
    path = _source(Path(script.dir, "env.py"))
    spec = path and importlib.util.spec_from_file_location("env_py", path)
    if not (spec and spec.loader):
        script.run_env()  # raises Alembic's error
        return {}
    module: Any = importlib.util.module_from_spec(spec)
    with TemporaryDirectory(prefix="alembic_zdt_") as folder:
        files = _Files(Path(folder))
        module.open = files.open  # for env.py alone
        try:
            spec.loader.exec_module(module)
        finally:
            files.close()
        return files.texts()


def _source(path: Path) -> Path | None:
    places = (path, path.with_suffix(".pyc"))
    return next((each for each in places if each.is_file()), None)


class _Files:
    """The files that env.py opens; those that it writes go into another folder.

    Args:
        folder: the other folder, which is empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, Path] = {}
        self._opened: list[Any] = []

    def open(self, file: Any, mode: str = "r", *args: Any, **kw: Any) -> Any:
        """Open a file as ``open()`` does; if it may be written, in the other folder."""
        if isinstance(file, int):
            return builtins.open(file, mode, *args, **kw)  # noqa: PTH123  # as it was called
        name = os.fsdecode(file)
        if _CHANGING.intersection(mode) and _may_be_a_file(name):
            self._keep(name)
        opened = builtins.open(self._kept.get(name, file), mode, *args, **kw)  # noqa: PTH123, SIM115  # as it was called
        if name in self._kept:
            self._opened.append(opened)
        return opened

    def _keep(self, name: str) -> None:
        if name in self._kept:
            return
        place = self._folder / str(len(self._kept)) / Path(name).name
        place.parent.mkdir()
        if Path(name).is_file():  # env.py may append to it
            place.write_bytes(Path(name).read_bytes())
        self._kept[name] = place

    def close(self) -> None:
        """Close the files that env.py has left open."""
        for each in self._opened:
            each.close()

    def texts(self) -> dict[str, str]:
        """Return the text of each file that was written."""
        encodings = {
            each.name: getattr(each, "encoding", None) for each in self._opened
        }
        return {
            name: place.read_text(encodings.get(place) or "utf-8", errors="replace")
            for name, place in self._kept.items()
        }


def _may_be_a_file(name: str) -> bool:
    """Check whether a path may be a file, not a device, pipe or folder."""
    return Path(name).is_file() or not Path(name).exists()
