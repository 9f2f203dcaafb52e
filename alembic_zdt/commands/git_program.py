"""Run git on the repository of a folder, even inside a git hook.

https://git-scm.com/docs/githooks
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_OF_ONE_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def environment() -> dict[str, str]:
    """Return the environment without what git sets for a hook of one repository."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _OF_ONE_REPOSITORY
    }


def run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, and return its exit code and output.

    Raises:
        OSError: git is not installed, or there is no such folder.
    """
    return subprocess.run(  # noqa: S603  # git's own words
        ["git", *arguments],  # noqa: S607  # as the user has it
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment(),
        errors="surrogateescape",
    )
