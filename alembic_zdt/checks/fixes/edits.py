"""Edits of a revision file, and the choice of edits after which it still runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic_zdt.checks.fixes.splitting import split
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.taking_back import CannotSplitError


@dataclass(frozen=True)
class Edit:
    """A replacement of some lines.

    Attributes:
        first: the number of the first line to replace, from 1 on.
        last: the number of the last line to replace.
        lines: the new lines.
        solved: the findings that it solves.
    """

    first: int
    last: int
    lines: tuple[str, ...]
    solved: tuple[RevisionFinding, ...]


def apart(edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits that share no line, the longest ones first."""
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda each: each.first - each.last):
        if all(edit.last < each.first or each.last < edit.first for each in found):
            found.append(edit)
    return found


def edited(lines: Sequence[str], edits: Iterable[Edit]) -> str:
    """Return the text with the edits.

    Args:
        lines: the lines of the file.
        edits: the edits that share no line.
    """
    new = list(lines)
    for edit in sorted(edits, key=lambda edit: -edit.first):
        new[edit.first - 1 : edit.last] = edit.lines
    return "".join(new)


def can_be_split(text: str, edits: list[Edit]) -> bool:
    """Check whether the fixed source can be split before each directive that needs it.

    Args:
        text: the fixed source.
        edits: the edits that have been made.
    """
    kept = repeatable(edits)
    more = 0
    try:
        for edit in sorted(edits, key=lambda edit: edit.first):
            if edit not in kept:
                split(text, edit.first + more, "zdt")
            more += len(edit.lines) - (edit.last - edit.first + 1)
    except (CannotSplitError, SyntaxError, ValueError):
        return False
    return True


def repeatable(edits: list[Edit]) -> list[Edit]:
    """Return the edits that have only repeatable calls before them.

    A directive commits what comes before it.  So a call stays as it is if there is a
    change before it that is not edited, fails when it is repeated, and cannot be split
    off.
    """
    while True:
        lines = {n for each in edits for n in range(each.first, each.last + 1)}
        kept = [each for each in edits if _behind(each) <= lines]
        if len(kept) == len(edits):
            return edits
        edits = kept


def _behind(edit: Edit) -> set[int]:
    return {line for found in edit.solved for line in found.behind}
