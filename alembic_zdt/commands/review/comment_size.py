"""Fit a comment into GitHub's limit: the least important parts are left out.

https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

MOST_BYTES = 60_000
"""GitHub refuses a comment of more than 65,536 characters."""
_RESERVED = 1000


class Rank(IntEnum):
    """How important a part is, the most important first."""

    VERDICT = 0
    FIRST = 1
    TITLE = 2
    ERROR = 3
    LOSS = 4
    WARNING = 5
    STEPS = 6
    UNCHECKED = 7
    NOTE = 8
    SQL = 9


@dataclass(frozen=True)
class CommentPart:
    """A part of the comment, which is kept or left out as a whole.

    Attributes:
        rank: how important it is.
        text: its Markdown.
        name: its name in the line that tells what is left out.
    """

    rank: Rank
    text: str
    name: str = ""

    @property
    def size(self) -> int:
        """Return the number of bytes, with the empty line behind it."""
        return len(self.text.encode(errors="replace")) + 2


def fitted(parts: Sequence[CommentPart], more: str, most: int = MOST_BYTES) -> str:
    """Return the parts as one text of at most *most* bytes.

    Args:
        parts: the parts, in their order.  The first one is always kept.
        more: a sentence that tells where to find what is left out.
        most: the limit.
    """
    size = sum(part.size for part in parts)
    if size <= most:
        return _joined(parts)
    order = sorted(range(1, len(parts)), key=lambda i: (-parts[i].rank, -i))
    left: list[int] = []
    for place in order:
        if size <= most - _RESERVED:
            break
        left.append(place)
        size -= parts[place].size
    kept = [part for i, part in enumerate(parts) if i not in set(left)]
    names = Counter(parts[place].name for place in left)
    note = ", ".join(f"{name} ({count})" for name, count in sorted(names.items()))
    line = f"**Left out, because a comment has little room:** {note}. {more}"
    return _joined([kept[0], CommentPart(Rank.VERDICT, line), *kept[1:]])


def _joined(parts: Sequence[CommentPart]) -> str:
    return "\n\n".join(part.text for part in parts) + "\n"
