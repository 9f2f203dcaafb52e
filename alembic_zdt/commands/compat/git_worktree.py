"""A work tree of a commit in a temporary folder.

https://git-scm.com/docs/git-worktree
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic_zdt.commands.git_program import run_git
from alembic_zdt.errors import UsageError

_WITHOUT_HOOKS = ("-c", f"core.hooksPath={os.devnull}")


class Repository:
    """The repository that a folder belongs to.

    Args:
        folder: a folder of a work tree.

    Attributes:
        top: the folder of the work tree.

    Raises:
        UsageError: git is not installed, or there is no repository.
    """

    def __init__(self, folder: Path) -> None:
        done = _git(folder, "rev-parse", "--show-toplevel")
        if done.returncode:
            raise _no_repository(done.stderr)
        self.top = Path(done.stdout.removesuffix("\n")).resolve()

    def commit(self, name: str) -> str:
        """Return the id of the commit that a branch, a tag or a commit names.

        Raises:
            UsageError: git does not know the name.
        """
        # A name such as "--output=x" must not become an option.
        wanted = ("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        commit = _git(self.top, "rev-parse", *wanted).stdout.split()
        if not commit:
            raise self._unknown(name)
        return commit[-1]

    @contextmanager
    def work_tree(self, commit: str, folder: Path) -> Iterator[None]:
        """Make a work tree in *folder* for the body, without running a hook.

        Raises:
            UsageError: git cannot make it.
        """
        try:
            add = ("worktree", "add", "--detach", "--quiet", str(folder), commit)
            done = _git(self.top, *_WITHOUT_HOOKS, *add)
            if done.returncode:
                raise _no_work_tree(commit, done.stderr)
            yield
        finally:
            # Git removes no folder that an interrupt has left without its .git.
            shutil.rmtree(folder, ignore_errors=True)
            _git(self.top, "worktree", "remove", "--force", "--force", str(folder))

    def _unknown(self, name: str) -> UsageError:
        shallow = _git(self.top, "rev-parse", "--is-shallow-repository").stdout
        is_shallow = shallow.strip() == "true"
        return UsageError(
            f'git does not know the commit "{name}"',
            detail="This clone has only a part of the history." * is_shallow,
            hint="Fetch it first, for example with git fetch origin main, and name it "
            "as --base origin/main. In CI check out the whole history (fetch-depth: "
            "0).",
        )


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return run_git(folder, *arguments)
    except FileNotFoundError as error:
        raise _no_repository(str(error)) from error


def _no_repository(said: str) -> UsageError:
    return UsageError(
        "cannot find the git repository of the current folder",
        detail=f"git reported: {_in_one_line(said)}",
        hint="Install git, and run the command in a clone of the project.",
    )


def _no_work_tree(commit: str, said: str) -> UsageError:
    return UsageError(
        f"git could not create a work tree of commit {commit[:10]}",
        detail=f"git reported: {_in_one_line(said)}",
    )


def _in_one_line(said: str) -> str:
    return " ".join(said.split())[:300]
