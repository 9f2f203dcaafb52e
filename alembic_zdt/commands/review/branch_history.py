"""The revisions that a branch has added, changed, moved or deleted.

https://alembic.sqlalchemy.org/en/latest/tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from alembic.script import Script, ScriptDirectory

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.commands.lint.changed_files import ChangedFiles
from alembic_zdt.findings import Severity
from alembic_zdt.recording.broken_files import assigned_in
from alembic_zdt.revision_digest import digest_in

_PLACE = ("down_revision", "depends_on")


class RevisionState(Enum):
    """The state of a revision on the branch, compared with the merge base."""

    ADDED = "added"
    """The merge base does not have it."""
    CHANGED = "changed"
    """Its upgrade or its place in the history differs."""
    UNCHANGED = "unchanged"
    """Only its comments, its downgrade or its file name differ."""


class BranchHistory:
    """The revisions of the merge base whose files the branch has changed or deleted.

    Args:
        script: the revisions of the branch.
        files: the files that the branch has changed.
        base: the name of the base, for messages.
    """

    def __init__(self, script: ScriptDirectory, files: ChangedFiles, base: str) -> None:
        self._base = base
        self._now: dict[str, Script] = {
            each.revision: each for each in script.walk_revisions()
        }
        self._then = dict(_before(files, _folders(script, self._now)))

    def state(self, revision: str) -> RevisionState:
        """Return what the branch does to a revision that it has."""
        if revision not in self._then:
            return RevisionState.ADDED
        is_same = not list(self._changes_of(revision))
        return RevisionState.UNCHANGED if is_same else RevisionState.CHANGED

    def findings(self) -> Iterator[RevisionFinding]:
        """Yield the faults of changes to revisions that databases may have."""
        for revision, (path, _) in sorted(self._then.items()):
            if revision in self._now:
                yield from self._changes_of(revision)
            else:
                yield _deleted(revision, path, self._base)

    def _changes_of(self, revision: str) -> Iterator[RevisionFinding]:
        script, (_, text) = self._now[revision], self._then[revision]
        now = _read(Path(script.path))
        if _digest(now) != _digest(text):
            yield _changed(script, self._base)
        then, today = assigned_in(text), assigned_in(now)
        places = [_words([each.get(name) for name in _PLACE]) for each in (then, today)]
        if places[0] != places[1]:
            yield _moved(script, *places)


def _folders(script: ScriptDirectory, now: Mapping[str, Script]) -> set[Path]:
    files = {Path(each.path).resolve().parent for each in now.values()}
    return {Path(script.dir).resolve(), *files}


def _before(
    files: ChangedFiles, folders: set[Path]
) -> Iterator[tuple[str, tuple[Path, str]]]:
    """Yield the revisions of the merge base in files that differ now."""
    for path in sorted(files.changed | files.deleted):
        is_near = any(path.is_relative_to(folder) for folder in folders)
        if path.suffix != ".py" or not is_near:
            continue
        text = files.text_before(path)
        revision = assigned_in(text).get("revision")
        if isinstance(revision, str):
            yield revision, (path, text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _digest(text: str) -> str:
    """Return the digest of a file, or all of its text if it is no Python."""
    try:
        return digest_in(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text


def _words(names: Sequence[Any]) -> str:
    found: list[str] = []
    for each in names:
        found += [each] if isinstance(each, str) else map(str, each or ())
    return ", ".join(found) or "base"


def _changed(script: Script, base: str) -> RevisionFinding:
    return RevisionFinding(
        Severity.WARNING,
        f'revision "{script.revision}" was changed, and {base} has it already',
        "Undo the edit, and write a new revision.",
        "edited-revision",
        script.revision,
        reason="A database that has it does not run it again.",
        revision=script.revision,
        file=script.path,
        line=0,
    )


def _moved(script: Script, then: str, now: str) -> RevisionFinding:
    return RevisionFinding(
        Severity.WARNING,
        f'revision "{script.revision}" follows {now} instead of {then}',
        "Keep its down_revision, unless no database has it.",
        "moved-revision",
        script.revision,
        reason="A database that has it counts the revisions below it as applied, and "
        "does not run them.",
        revision=script.revision,
        file=script.path,
        line=0,
    )


def _deleted(revision: str, path: Path, base: str) -> RevisionFinding:
    return RevisionFinding(
        Severity.WARNING,
        f'revision "{revision}" was deleted, and {base} has it',
        "Restore the file. To undo the change, write a new revision.",
        "deleted-revision",
        revision,
        reason="In a database that has it, every command of Alembic fails, because it "
        "cannot find the revision.",
        revision=revision,
        file=str(path),
        line=0,
    )
