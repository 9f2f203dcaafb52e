"""Split a revision before a directive, so that earlier changes commit first.

A file is split only if its functions are plain lists of calls.  No value may be used in
both parts, and each call of the downgrade must belong to one part.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.checks.taking_back import (
    CannotSplitError,
    cut_of_downgrade,
    is_same_for_both,
    operation_of,
)

_SIMPLE = (ast.Expr, ast.With, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_JUMPS = (ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.NamedExpr)
_NEVER = "its functions do more than call operations one after the other"
_SHARED = 'both parts use the variable "{0}"'
_HEAD = "its revision or down_revision is not written as plain text"
_LABELS = "it has branch_labels"
_BESIDE = "several statements share a line"


@dataclass(frozen=True)
class Split:
    """Two files for one.

    Attributes:
        before: the text of the new revision, which comes first.
        after: the text of the revision that keeps its id.
        message: the message of the new revision.
    """

    before: str
    after: str
    message: str


def split(source: str, line: int, new: str) -> Split:
    """Return the two parts of a revision.

    Args:
        source: the source of the revision.
        line: the line of the directive, with which the second part begins.
        new: the id of the first part.

    Raises:
        CannotSplitError: that would change what the revision does.
    """
    file = _File(source)
    upgrade, downgrade = file.function("upgrade"), file.function("downgrade")
    if upgrade is None:
        raise CannotSplitError(_NEVER)
    above = file.calls(upgrade)
    cut = next((n for n, each in enumerate(above) if is_at(line, each)), 0)
    if not cut:
        raise CannotSplitError(_NEVER)
    _refuse_shared(above, cut)
    first, second = {"upgrade": above[:cut]}, {"upgrade": above[cut:]}
    below = file.calls(downgrade) if downgrade else []
    if not is_same_for_both(below):
        back = cut_of_downgrade(above, cut, below)
        _refuse_shared(below, back)
        first["downgrade"], second["downgrade"] = below[back:], below[:back]
    what = _in_words(above[:cut])
    message = f"{file.message}: {what}" if file.message else what
    return Split(file.first(first, new, message), file.second(second, new), message)


def _calls(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements of a function, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    for statement in body:
        is_pass = isinstance(statement, ast.Pass | ast.Raise)
        if not (is_pass or isinstance(statement, _SIMPLE)):
            raise CannotSplitError(_NEVER)
        if any(isinstance(node, _JUMPS) for node in ast.walk(statement)):
            raise CannotSplitError(_NEVER)
    return body


def is_at(line: int, statement: ast.stmt) -> bool:
    """Check whether the statement contains the line."""
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


def _refuse_shared(body: Sequence[ast.stmt], cut: int) -> None:
    bound = {name for name, context in _names(body[:cut]) if context is not ast.Load}
    if shared := sorted(bound & _needed(body[cut:])):
        raise CannotSplitError(_SHARED.format(shared[0]))


def _needed(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that statements need from outside."""
    needed, bound = set[str](), set[str]()
    for statement in body:
        found = list(_names([statement]))
        binds = {name for name, context in found if context is not ast.Load}
        if isinstance(statement, ast.With):
            bound |= binds  # an alias is bound before the block is run
        needed |= {name for name, context in found if context is ast.Load} - bound
        bound |= binds
    return needed


def _names(body: Sequence[ast.stmt]) -> Iterator[tuple[str, type]]:
    for node in (node for each in body for node in ast.walk(each)):
        if isinstance(node, ast.Name):
            yield node.id, type(node.ctx)
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0], ast.Store


def _in_words(part: Sequence[ast.stmt]) -> str:
    """Describe the first part, for the message of the revision."""
    return ", ".join(dict.fromkeys(map(_in_short, part)))


def _in_short(statement: ast.stmt) -> str:
    call: Any = getattr(statement, "value", None)
    name = operation_of(statement).replace("_", " ") or "change in a batch"
    argument = next(iter(getattr(call, "args", [])), None)
    subject = argument.value if isinstance(argument, ast.Constant) else None
    if name == "execute" or not isinstance(subject, str):
        return name
    return f"{name} {subject}"


# ------------------------------------------------------------------ the text


class _File:
    """The text of a revision.

    Args:
        source: its text.
    """

    def __init__(self, source: str) -> None:
        self._lines = [f"{line}\n" for line in source.split("\n")]
        self._lines[-1] = self._lines[-1].removesuffix("\n")
        self._tree = ast.parse(source)
        values = dict(self._values())
        self._old, self._below = values.get("revision"), values.get("down_revision")
        if (
            not isinstance(getattr(self._old, "value", None), str)
            or self._below is None
        ):
            raise CannotSplitError(_HEAD)
        labels = values.get("branch_labels")
        if labels is not None and getattr(labels, "value", labels) is not None:
            raise CannotSplitError(_LABELS)

    def _values(self) -> Iterator[tuple[str, ast.expr]]:
        for node in self._tree.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                if node.value is not None:
                    yield node.target.id, node.value
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                yield ast.unparse(node.targets[0]), node.value

    @property
    def message(self) -> str:
        """Return the first line of the docstring."""
        text = ast.get_docstring(self._tree) or ""
        return text.strip().partition("\n")[0]

    def function(self, name: str) -> ast.FunctionDef | None:
        """Return the only function of that name."""
        found = [
            node
            for node in self._tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith(name)
        ]
        if len(found) > 1 or (found and found[0].name != name):
            raise CannotSplitError(_NEVER)
        return found[0] if found else None

    def calls(self, function: ast.FunctionDef) -> list[ast.stmt]:
        """Return the statements of a function.

        Raises:
            CannotSplitError: two of them share a line, or one is no plain call.
        """
        found = _calls(function)
        if any(map(self._shares_a_line, found)):
            raise CannotSplitError(_BESIDE)
        return found

    def first(self, parts: dict[str, Any], new: str, message: str) -> str:
        """Return the text of the new revision, with the old one's down_revision."""
        lines = self._with(parts)
        self._replace(lines, self._old, repr(new))
        if self.message:
            self._in_docstring(lines, self.message, message)
        self._in_docstring(lines, f"Revision ID: {self._id}", f"Revision ID: {new}")
        return "".join(lines)

    def second(self, parts: dict[str, Any], new: str) -> str:
        """Return the text of the revision that now follows the new one."""
        lines = self._with(parts)
        self._replace(lines, self._below, repr(new))
        for line in (ast.get_docstring(self._tree) or "").splitlines():
            if line.startswith("Revises:"):
                self._in_docstring(lines, line, f"Revises: {new}")
        return "".join(lines)

    @property
    def _id(self) -> str:
        return str(getattr(self._old, "value", ""))

    def _with(self, parts: dict[str, list[ast.stmt]]) -> list[str]:
        """Return the lines of the file, with only these statements in the functions."""
        lines = list(self._lines)
        for name, kept in parts.items():
            function = self.function(name)
            if function is not None:
                self._keep(lines, function, kept)
        return lines

    def _keep(
        self, lines: list[str], function: ast.FunctionDef, kept: list[ast.stmt]
    ) -> None:
        """Remove the other statements, and the comments before them."""
        body = _calls(function)
        has_words = len(body) < len(function.body)
        end = function.body[0].end_lineno if has_words else self._end_of_head(function)
        for statement in body:
            begin, end = (end or 0) + 1, statement.end_lineno or statement.lineno
            if statement not in kept:
                lines[begin - 1 : end] = [""] * (end - begin + 1)
        if not kept:
            lines[(end or 1) - 1] = f"{self._indent(function)}pass{self._ending}"

    def _indent(self, function: ast.FunctionDef) -> str:
        """Return the blanks or tabs before the first statement of a function."""
        first = function.body[0]
        return self._lines[first.lineno - 1][: first.col_offset]

    @property
    def _ending(self) -> str:
        return "\r\n" if self._lines[0].endswith("\r\n") else "\n"

    def _end_of_head(self, function: ast.FunctionDef) -> int:
        """Return the last line of ``def ...:``, after which the body begins."""
        first = function.body[0].lineno
        last = function.returns.end_lineno if function.returns else function.lineno
        return min(last or function.lineno, first - 1)

    def _shares_a_line(self, statement: ast.stmt) -> bool:
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        before = self._lines[first - 1].encode()[: statement.col_offset]
        after = self._lines[last - 1].encode()[statement.end_col_offset :].strip()
        return bool(before.strip()) or bool(after and not after.startswith(b"#"))

    def _replace(self, lines: list[str], node: Any, text: str) -> None:
        """Replace the text of a value that is on one line."""
        if node.lineno != node.end_lineno:
            raise CannotSplitError(_HEAD)
        line = lines[node.lineno - 1].encode()
        changed = line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
        lines[node.lineno - 1] = changed.decode()

    def _in_docstring(self, lines: list[str], old: str, new: str) -> None:
        words = self._tree.body[0]
        for number in range(words.lineno - 1, words.end_lineno or words.lineno):
            if old in lines[number]:
                lines[number] = lines[number].replace(old, new, 1)
                return
