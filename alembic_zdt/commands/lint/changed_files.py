"""The files that a branch has added, changed or deleted.

https://git-scm.com/docs/git-diff
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from alembic_zdt.commands.git_program import run_git
from alembic_zdt.errors import UsageError

_IN_CI = "In GitHub Actions set fetch-depth: 0, in GitLab set GIT_DEPTH: 0."
_NOT_FOUND = 1
_DELETED, _ADDED = "D", "A"


@dataclass(frozen=True)
class ChangedFiles:
    """The files that differ from the merge base, and untracked ones.

    Attributes:
        top: the top folder of the repository.
        merge_base: the commit from which the branch started.
        added: files that the merge base does not have.
        changed: files with another content than in the merge base.
        deleted: files that only the merge base has.
    """

    top: Path
    merge_base: str
    added: frozenset[Path]
    changed: frozenset[Path]
    deleted: frozenset[Path]

    @property
    def present(self) -> frozenset[Path]:
        """Return the added and the changed files, without symbolic links."""
        return frozenset(path.resolve() for path in self.added | self.changed)

    def text_before(self, path: Path) -> str:
        """Return the content of a changed or deleted file in the merge base."""
        name = path.relative_to(self.top).as_posix()
        return _git(self.top, "cat-file", "blob", f"{self.merge_base}:{name}")


def changed_files(base: str, folder: Path) -> ChangedFiles:
    """Return the files that differ from the merge base with *base*.

    Args:
        base: a commit, a branch or a tag.
        folder: a folder in the repository.

    Raises:
        UsageError: git is not installed, does not know the commit, or knows no merge
            base because the clone is shallow.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip()).resolve()
    start = _merge_base(top, base)
    differing = _git(top, "diff", "--name-status", "--no-renames", "-z", start)
    words = iter(differing.split("\0"))
    states = {top / name: state for state, name in zip(words, words, strict=False)}
    untracked = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    for name in filter(None, untracked.split("\0")):
        is_known = states.get(top / name) == _DELETED
        states[top / name] = "M" if is_known else _ADDED
    found: dict[str, set[Path]] = {_ADDED: set(), _DELETED: set(), "": set()}
    for path, state in states.items():
        found[state if state in found else ""].add(path)
    kinds = (found[_ADDED], found[""], found[_DELETED])
    return ChangedFiles(top, start, *map(frozenset, kinds))


def _merge_base(top: Path, base: str) -> str:
    # Resolved first: a base such as "--output=x" must not become an option.
    wanted = ("--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    commit = _run(top, "rev-parse", *wanted).stdout.split()
    if not commit:
        raise _unknown(base, top)
    done = _run(top, "merge-base", commit[-1], "HEAD")
    if done.returncode == _NOT_FOUND:
        raise _unrelated(base, top)
    return _output(done).strip()


def _git(folder: Path, *arguments: str) -> str:
    return _output(_run(folder, *arguments))


def _output(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise _failed(done.stderr)
    return done.stdout


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return run_git(folder, *arguments)
    except OSError as error:
        raise _failed(str(error)) from error


def _failed(said: str) -> UsageError:
    return _error(
        f"git reported: {' '.join(said.split())[:200]}",
        "Run the command in a clone of the repository, with git installed.",
    )


def _unknown(base: str, top: Path) -> UsageError:
    return _error(
        f'There is no commit "{base}" in this clone{_shallow(top)}.',
        f"Name a commit of this clone: --git origin/main. Or fetch it. {_IN_CI}",
    )


def _unrelated(base: str, top: Path) -> UsageError:
    return _error(
        f'The branch and "{base}" have no common commit in this clone{_shallow(top)}.',
        f"Fetch the whole history: git fetch --unshallow. {_IN_CI}",
    )


def _shallow(top: Path) -> str:
    found = _run(top, "rev-parse", "--is-shallow-repository").stdout.strip()
    return ", which is shallow" if found == "true" else ""


def _error(detail: str, hint: str) -> UsageError:
    return UsageError(
        "git cannot tell which files have changed", detail=detail, hint=hint
    )
