"""Small changes to a source file, each of which a test should notice.

A mutation replaces a part of the text.  In Python: comparisons, ``and`` and ``or``,
conditions, small numbers, calls that are statements, ``with`` and ``await``.  In SQL,
which stands in strings and in files of its own: comparisons, NOT, AND and conditions.

What changes no behaviour is left out: docstrings, annotations, ``__all__``, log calls,
pauses, texts of errors.  So is what no test on one server and in a few seconds can
notice: the limit of a comparison of versions or times, numbers that only tune
(fractions, and whole numbers above 9).  Changes of SQL that are errors of syntax are
left out, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ROUND = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TIMES = re.compile(
    r"monotonic|deadline|elapsed|waited|seconds|since|until|age\b|now\b"
)
_VERSIONS = re.compile(r"version|_FIRST_|major", re.IGNORECASE)
_LARGEST = 9
_SETTINGS = {
    "strict",
    "repr",
    "compare",
    "stacklevel",
    "encoding",
    "exist_ok",
    "parents",
}
"""Arguments that change nothing, or only what an error looks like."""
# Log lines, and pauses between two looks, which only spare the server.
_SPARED = re.compile(r"(?:self\.)?_?(?:log(?:ger)?|notices)\.|[\w.]+\.sleep\(")
IS_SQL = re.compile(r"\b(SELECT|WHERE|FROM|AND|UPDATE|ALTER|SET|IF|NOT)\b")
_SQL = (
    (
        re.compile(
            r"(?<= )AND (NOT )?[\w.]+( (=|<>|<|>|<=|>=) [\w.]+)?(?= (AND|OR)\b|\))"
        ),
        "",
    ),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r"\b(AND|WHERE|OR|IF) NOT\b"), r"\1"),
    (re.compile(r"(?<= )AND(?= )"), "OR"),
    (re.compile(r"(?<= )(?<!INSERT )(?<!UPDATE )OR(?= (?!REPLACE))"), "AND"),
    (re.compile(r"(?<=\w )=(?= \w)"), "<>"),
    (re.compile(r"(?<=OPERATOR\(pg_catalog\.)=(?=\))"), "<>"),
    (re.compile(r"(?<=OPERATOR\(pg_catalog\.)<>(?=\))"), "="),
    (re.compile(r"(?<= )<(?= )"), "<="),
    (re.compile(r"(?<= )>(?= )"), ">="),
)
# What stands before a match that is no condition: a comment, the text of a message, an
# assignment, BETWEEN, the names after EXCEPTION WHEN.
_NO_CONDITION = re.compile(
    r"--[^\n]*\Z|\b(RAISE|DETAIL|HINT|MESSAGE)\b[^;]*\Z|\bBETWEEN \S+ \Z"
    r"|\bEXCEPTION WHEN (?:\w+\s+(?:OR )?)+\Z"
    r"|\bSET (?:(?!\b(?:WHERE|FROM)\b)[^;])*[\w\"]+ \Z"
)


@dataclass(frozen=True)
class Mutation:
    """A part of a file, and what takes its place.

    Attributes:
        path: the file.
        start: where the part begins.
        end: where it ends.
        text: what takes its place.
    """

    path: Path
    start: int
    end: int
    text: str

    @property
    def line(self) -> int:
        """The number of the line."""
        return self.path.read_text()[: self.start].count("\n") + 1

    @property
    def compiles(self) -> bool:
        """Whether Python can read the changed file."""
        if self.path.suffix == ".py":
            try:
                ast.parse(self.applied())
            except SyntaxError:
                return False
        return True

    def applied(self) -> str:
        """Return the changed text of the file."""
        source = self.path.read_text()
        return source[: self.start] + self.text + source[self.end :]


def mutations_of(path: Path) -> list[Mutation]:
    """Return every mutation of a file."""
    source = path.read_text()
    if path.suffix == ".sql":
        return [Mutation(path, *found) for found in _in_sql(source, 0)]
    return [Mutation(path, *found) for found in _InPython(source).found()]


def _in_sql(text: str, offset: int) -> Iterator[tuple[int, int, str]]:
    for pattern, new in _SQL:
        for match in pattern.finditer(text):
            if _NO_CONDITION.search(text[: match.start()]):
                continue
            yield offset + match.start(), offset + match.end(), match.expand(new)


class _InPython:
    """Finds mutations in the syntax tree of a module."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._tree = ast.parse(source)
        self._left_out = set(self._words())

    def found(self) -> Iterator[tuple[int, int, str]]:
        """Yield where each mutation begins and ends, and its text."""
        every = (
            found
            for node in ast.walk(self._tree)
            if id(node) not in self._left_out
            for found in self._of(node)
        )
        yield from dict.fromkeys(every)  # each part of an f-string has the whole place

    def _words(self) -> Iterator[int]:
        """Yield what only people read, or type checkers."""
        for node in ast.walk(self._tree):
            for each in [node] if self._is_for_people(node) else _annotations(node):
                yield from map(id, ast.walk(each))
            if isinstance(node, ast.Compare) and self._has_version(node):
                yield from map(id, node.comparators)

    def _has_version(self, node: ast.Compare) -> bool:
        return bool(_VERSIONS.search(self._text(node)))

    def _is_for_people(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Expr):
            return isinstance(node.value, ast.Constant) or bool(
                _SPARED.match(self._text(node.value))
            )
        if isinstance(node, ast.Call):  # an error: its arguments are texts
            return ast.unparse(node.func).endswith("Error")
        if isinstance(node, ast.keyword):
            return node.arg in _SETTINGS
        if isinstance(node, ast.If):
            return "TYPE_CHECKING" in ast.dump(node.test)
        if isinstance(node, ast.Assign):
            return ast.unparse(node.targets[0]) == "__all__"
        return isinstance(node, ast.Assert)

    def _of(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from self._of_comparison(node)
        elif isinstance(node, ast.BoolOp):
            yield from self._of_bool(node)
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            start, end = self._place(node.test)
            yield start, end, f"not ({self._source[start:end]})"
        elif isinstance(node, ast.Constant):
            yield from self._of_constant(node)
        elif isinstance(node, ast.Expr) and isinstance(
            node.value, ast.Call | ast.Await
        ):
            yield (*self._place(node), "pass")
        elif isinstance(node, ast.Await):
            start, end = self._place(node)
            yield start, end, self._text(node.value)
        elif isinstance(node, ast.With) and not node.items[0].optional_vars:
            start, _ = self._place(node)
            yield start, self._place(node.items[-1].context_expr)[1], "if True"

    def _of_comparison(self, node: ast.Compare) -> Iterator[tuple[int, int, str]]:
        old, new = COMPARISONS[type(node.ops[0])]
        _, start = self._place(node.left)
        end, _ = self._place(node.comparators[0])
        between, text = self._source[start:end], self._text(node)
        if old in _ROUND and _TIMES.search(text):
            new = _ROUND[old]
        if old in between and not (old in _ROUND and self._has_version(node)):
            yield start, end, between.replace(old, new, 1)

    def _of_bool(self, node: ast.BoolOp) -> Iterator[tuple[int, int, str]]:
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for one, two in zip(node.values, node.values[1:], strict=False):
            start, end = self._place(one)[1], self._place(two)[0]
            between = self._source[start:end]
            if between.count(word) == 1:
                yield start, end, between.replace(word, other)
                yield self._place(one)[0], end, ""
                yield start, self._place(two)[1], ""

    def _of_constant(self, node: ast.Constant) -> Iterator[tuple[int, int, str]]:
        start, end = self._place(node)
        if isinstance(node.value, bool):
            yield start, end, str(not node.value)
        elif isinstance(node.value, int) and node.value <= _LARGEST:
            yield start, end, f"({self._source[start:end]} + 1)"
        elif isinstance(node.value, str) and IS_SQL.search(node.value):
            yield from _in_sql(self._source[start:end], start)

    def _place(self, node: ast.AST) -> tuple[int, int]:
        at: ast.expr = node  # type: ignore[assignment]  # of those that have a place
        ends = at.end_lineno or at.lineno, at.end_col_offset or 0
        return self._offset(at.lineno, at.col_offset), self._offset(*ends)

    def _offset(self, line: int, column: int) -> int:
        """Return the place in the text; columns count bytes."""
        start = self._lines[line - 1]
        text = self._source[start : self._lines[line]]
        return start + len(text.encode()[:column].decode())

    def _text(self, node: ast.AST) -> str:
        start, end = self._place(node)
        return self._source[start:end]


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns", "decorator_list"):
        part = getattr(node, name, None)
        yield from part if isinstance(part, list) else [part] if part else []
