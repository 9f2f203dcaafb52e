"""Escape foreign text for Markdown, so that it shows as written and notifies no user.

A revision may contain any text.  Outside of code, GitHub and GitLab turn names into
mentions, numbers into references and lines into commands.
https://github.github.com/gfm/
https://docs.gitlab.com/user/project/quick_actions/
"""

from __future__ import annotations

import re

from alembic_zdt.printable import printable

_MARKUP = re.compile(r"([\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])|:(?=\w+:))")
_LEADING = re.compile(r"^([-+#=]|\d+(?=[.)]))")
_REFERENCE = re.compile(
    r"([@#!&%~^](?=[\w\"'-])|\$|GH-(?=\d)|:(?=//)|www(?=\.))", re.IGNORECASE
)
_COMMAND = re.compile(r"^/(?=\w)", re.MULTILINE)
_INVISIBLE = "\u200b"
_RUN = re.compile("`+")
_FENCE = 3


def text(words: str, most: int = 1000) -> str:
    """Escape a text for a line of Markdown, without markup, mentions and references.

    Args:
        words: a text of any origin.
        most: the most characters to keep.
    """
    found = _cut(printable(words.strip()), most)
    found = _REFERENCE.sub(rf"\1{_INVISIBLE}", found)
    found = _MARKUP.sub(r"\\\1", found)
    return _LEADING.sub(rf"{_INVISIBLE}\1", found)


def code(words: str, most: int = 300) -> str:
    """Return a text as a code span of Markdown."""
    found = _cut(printable(words), most)
    ticks = "`" * (_longest_run(found) + 1)
    is_padded = not found or found[0] in "` " or found[-1] in "` "
    return f"{ticks} {found} {ticks}" if is_padded else f"{ticks}{found}{ticks}"


def block(words: str, language: str = "", most: int = 8000) -> str:
    """Return lines as a code block of Markdown.

    Args:
        words: lines of any origin.
        language: the language, for colours.
        most: the most characters to keep; a last line has the number of the others.
    """
    found = "\n".join(printable(line, keep="\t") for line in words.splitlines())
    if len(found) > most:
        kept = found[:most].rpartition("\n")[0] or found[:most]
        left = len(found) - len(kept)
        found = f"{kept}\n... {left:,} more characters"
    found = _COMMAND.sub(" /", found)  # no quick action of GitLab
    fence = "`" * max(_longest_run(found) + 1, _FENCE)
    return f"{fence}{language}\n{found}\n{fence}"


def indented(words: str, by: str = "  ") -> str:
    """Return lines that belong to an item of a list."""
    return "\n".join(f"{by}{line}" if line else line for line in words.split("\n"))


def _longest_run(words: str) -> int:
    return max((len(run) for run in _RUN.findall(words)), default=0)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 3]}..."
