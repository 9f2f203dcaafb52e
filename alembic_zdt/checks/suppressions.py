"""Suppressions: ``# zdt: ignore[check-id] reason``.

A suppression is on a line of its statement, or alone above it.  ``ignore-file``
is for the whole file.  In files of SQL it begins with two dashes.  The id
``not-looked-at`` accepts a place that could not be checked.
https://docs.python.org/3/library/tokenize.html
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alembic_zdt.checks.sql.parsing import UnreadableError, text_of_file, texts

_MARK = "zdt:"
_COMMENT = re.compile(
    r"(?:#|--)\s*zdt:\s*ignore(?P<file>-file)?\s*(?:\[(?P<ids>[^\]]*)\])?\s*(?P<reason>.*)\Z"
)

UNCHECKED = "not-looked-at"
"""The name of places that could not be checked, in suppressions."""


@dataclass
class Suppression:
    """A suppression.

    Attributes:
        ids: the ids of the checks that it names.
        reason: why; empty if it is missing.
        line: the line of the comment.
        first: the first line that it is for.
        last: the last line that it is for.
        end: the last line of the blocks of the statement.
        used: the ids that matched a finding.
    """

    ids: tuple[str, ...]
    reason: str
    line: int
    first: int
    last: int
    end: int
    used: set[str] = field(default_factory=set)

    def covers(self, check: str, line: int) -> bool:
        """Check whether the suppression matches a finding, and note its use."""
        last = self.end if check == UNCHECKED else self.last
        if check not in self.ids or not self.first <= max(line, 1) <= last:
            return False
        self.used.add(check)
        return True

    def problems(self, known: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the faults of the suppression, each as an id and a message."""
        if not self.ids:
            yield "ignore-without-check", "an ignore names no check: ignore[check-id]"
        elif not self.reason:
            yield "ignore-without-reason", "an ignore has no reason after the ]"
        for name in self.ids:
            if name not in known and name != UNCHECKED:
                yield "unknown-ignore", f'there is no check "{name}" to ignore'
            elif name not in self.used:
                yield "unused-ignore", f"{name} finds nothing here any more"


def ignores_of(path: str) -> list[Suppression]:
    """Return the suppressions of a file, none if it cannot be read."""
    try:
        is_sql = path.endswith(".sql")
        source = text_of_file(Path(path)) if is_sql else _text_of_python(path)
        if _MARK not in source:
            return []
        statements, comments = (_sql if is_sql else _python)(source)
    except (OSError, SyntaxError, ValueError, tokenize.TokenError, UnreadableError):
        return []
    last_line = source.count("\n") + 1
    found = (_of_comment(comment, statements, last_line) for comment in comments)
    return [each for each in found if each is not None]


def _text_of_python(path: str) -> str:
    """Return the text of a file in the encoding with which Python reads the file."""
    with tokenize.open(path) as file:
        return file.read()


def is_of_upgrade(path: str, line: int) -> bool:
    """Check whether a line counts for upgrades, as lines outside ``downgrade()`` do."""
    return not _is_in_function(path, line, "downgrade")


def is_of_downgrade(path: str, line: int) -> bool:
    """Check whether a line counts for downgrades, as each line of an SQL file does."""
    return path.endswith(".sql") or _is_in_function(path, line, "downgrade")


def _is_in_function(path: str, line: int, name: str) -> bool:
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        node.lineno <= line <= (node.end_lineno or node.lineno)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )


@dataclass(frozen=True)
class _Comment:
    """A comment, its line, and whether it stands alone there."""

    text: str
    line: int
    is_alone: bool


_Lines = list[tuple[int, int, int]]
"""The first line of each statement, the last line of its head, and its last line."""


def _python(source: str) -> tuple[_Lines, list[_Comment]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [
        _Comment(token.string, token.start[0], not token.line[: token.start[1]].strip())
        for token in tokens
        if token.type == tokenize.COMMENT
    ]
    return _statements(ast.parse(source)), comments


def _sql(source: str) -> tuple[_Lines, list[_Comment]]:
    ends = ((line, line + text.rstrip().count("\n")) for text, line in texts(source))
    statements = [(line, last, last) for line, last in ends]
    comments = []
    for number, line in enumerate(source.splitlines(), 1):
        before, dashes, rest = line.partition("--")
        if dashes:
            comments.append(_Comment(f"--{rest}", number, not before.strip()))
    return statements, comments


def _of_comment(
    comment: _Comment, statements: _Lines, last_line: int
) -> Suppression | None:
    match = _COMMENT.match(comment.text)
    if match is None:
        return None
    ids = tuple(
        name.strip() for name in (match["ids"] or "").split(",") if name.strip()
    )
    whole = (1, last_line, last_line)
    extent = whole if match["file"] else _extent(comment, statements)
    return Suppression(ids, match["reason"].strip(), comment.line, *extent)


def _extent(comment: _Comment, statements: _Lines) -> tuple[int, int, int]:
    """Return the innermost statement on the line, or the one below a lone comment."""
    line = comment.line
    context = [each for each in statements if each[0] <= line <= each[1]]
    if context and not (comment.is_alone and not _is_within(line, context)):
        return min(context, key=lambda each: each[1] - each[0])
    below = [each for each in statements if each[0] > line]
    return min(below, default=(line, line, line))


def _is_within(line: int, context: _Lines) -> bool:
    """Check whether the line is inside the innermost statement, not at an end of it."""
    first, last, _ = min(context, key=lambda each: each[1] - each[0])
    return first < line < last


def _statements(tree: ast.Module) -> _Lines:
    """Return the lines of each simple statement, and of the head of each block."""
    return [
        (node.lineno, _end(node), node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
    ]


def _end(node: ast.stmt) -> int:
    if not hasattr(node, "body"):
        return node.end_lineno or node.lineno
    head = (
        getattr(child, "end_lineno", None) or node.lineno
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, ast.stmt)
    )
    return max(head, default=node.lineno)
