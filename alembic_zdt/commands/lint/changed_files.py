"""The files that a branch has changed.

https://git-scm.com/docs/git-diff
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from alembic_zdt.errors import UsageError


def changed_files(base: str, folder: Path) -> frozenset[Path]:
    """Return the files that differ from the merge base with *base*, and untracked ones.

    Args:
        base: a commit, a branch or a tag.
        folder: a folder in the repository.

    Raises:
        UsageError: git is not installed, or does not know the commit.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    changed = _git(top, "diff", "--name-only", "-z", "--merge-base", base)
    new = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    names = [name for name in (changed + new).split("\0") if name]
    return frozenset((top / name).resolve() for name in names)


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # git's own words
            ["git", *arguments],  # noqa: S607  # as the user has it
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise _failed(str(error)) from error
    if done.returncode:
        raise _failed(done.stderr)
    return done.stdout


def _failed(said: str) -> UsageError:
    return UsageError(
        "git cannot tell which files have changed",
        detail=f"git reported: {' '.join(said.split())[:200]}",
        hint="Name a commit of this clone: --git origin/main. In CI fetch the commit "
        "first (fetch-depth: 0).",
    )
