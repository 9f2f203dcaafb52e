"""The PYTHONPATH by which code of a work tree is imported instead of the branch's.

An editable installation puts folders of the branch on the path of each process.

https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPATH
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path


def of_the_branch(top: Path) -> str:
    """Return the path with the folders of the work tree *top* that this process has."""
    return _joined(str(top / each) for each in _inside(top))


def of_the_base(top: Path, tree: Path, folder: Path) -> str:
    """Return the path with the same folders in another work tree.

    Args:
        top: the work tree of the branch.
        tree: the work tree of the base.
        folder: the current folder of the tests, in the base.
    """

    def folders() -> Iterator[str]:
        found = (tree / each for each in _inside(top))
        for each in (*found, folder, folder / "src"):
            if each.is_dir():
                yield str(each)

    return _joined(folders())


def _inside(top: Path) -> Iterator[Path]:
    """Yield the folders of the path in *top*, without those of the environment."""
    environment = Path(sys.prefix).resolve()
    has_environment = environment.is_relative_to(top)
    for path in (Path(entry).resolve() for entry in sys.path):
        is_of_it = has_environment and path.is_relative_to(environment)
        if path.is_relative_to(top) and not is_of_it:
            yield path.relative_to(top)


def _joined(folders: Iterator[str]) -> str:
    given = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(dict.fromkeys([*folders, *filter(None, [given])]))
