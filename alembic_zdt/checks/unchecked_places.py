"""The parts of revisions that could not be checked, and comments that accept them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic_zdt.checks.suppressions import UNCHECKED, Suppression, ignores_of
from alembic_zdt.recording.call import RecordedRevision, Unseen

_NUMBER = re.compile(r"\d++")


@dataclass(frozen=True)
class Unchecked:
    """A part of a revision that could not be checked.

    Attributes:
        revision: the revision's id.
        file: the path of its file.
        line: the line in the file.
        reason: why it could not be checked.
        is_broken: whether an upgrade would fail for the same reason.
        is_for_others: whether it is code for another database than PostgreSQL.
    """

    revision: str
    file: str
    line: int
    reason: str
    is_broken: bool = field(default=False, compare=False)
    is_for_others: bool = field(default=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """Return a hash that does not change when the part moves to another line."""
        parts = (self.revision, Path(self.file).name, _NUMBER.sub("", self.reason))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        """Return the part as a JSON object, with null for what is unknown."""
        shown = {key: each for key, each in vars(self).items() if key[:3] != "is_"}
        return {key: value or None for key, value in shown.items()}


def unchecked_places(revisions: Sequence[RecordedRevision]) -> Iterator[Unchecked]:
    """Yield the parts of checked revisions that could not be checked.

    Args:
        revisions: the revisions that ran; an env.py of several databases runs each
            several times.
    """
    runs: dict[str, list[RecordedRevision]] = {}
    for revision in revisions:
        runs.setdefault(revision.script.path, []).append(revision)
    for revision in revisions:
        name, path = revision.script.revision, revision.script.path
        for call in revision.calls:
            for reason in call.unread:
                yield Unchecked(name, path, call.line, reason)
        for part in revision.unseen:
            if all(_is_unseen(part, run) for run in runs[path]):
                other = part.is_for_others
                yield Unchecked(name, path, part.line, part.reason, is_for_others=other)
        if revision.error:
            yield Unchecked(name, path, revision.line, revision.error)


def _is_unseen(part: Unseen, run: RecordedRevision) -> bool:
    """Check whether a block did not run for any database of env.py."""
    return not part.last or any(each.covers(part) for each in run.unseen)


def not_accepted(places: Iterable[Unchecked]) -> Iterator[Unchecked]:
    """Yield the places that no comment accepts, and each place in a broken file."""
    comments: dict[str, list[Suppression]] = {}
    for place in places:
        if place.file not in comments:
            comments[place.file] = ignores_of(place.file)
        own = comments[place.file]
        is_accepted = any(each.covers(UNCHECKED, place.line) for each in own)
        if place.is_broken or not is_accepted:
            yield place
