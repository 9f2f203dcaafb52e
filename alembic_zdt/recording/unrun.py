"""Find the blocks of a function that were skipped in a run of it.

A block is reported only if it may change the database when it runs.

https://docs.python.org/3/library/ast.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alembic_zdt.recording.call import RecordedRevision
from alembic_zdt.recording.dialect_conditions import is_for_others
from alembic_zdt.recording.made_up_rows import lines_of_rows
from alembic_zdt.recording.run_lines import FunctionRun, RunLines

_HARMLESS_NAMES = frozenset(
    {
        *("all", "any", "bool", "dict", "enumerate", "filter", "float", "format"),
        *("frozenset", "getattr", "hasattr", "hash", "id", "int", "isinstance", "iter"),
        *("issubclass", "len", "list", "map", "max", "min", "next", "print", "range"),
        *("repr", "reversed", "round", "set", "sorted", "str", "sum", "super", "tuple"),
        *("type", "vars", "warn", "zip"),
    }
)
_HARMLESS_MODULES = frozenset(
    {
        *("collections", "copy", "datetime", "decimal", "functools", "itertools"),
        *("json", "log", "logger", "logging", "math", "os", "re", "string", "sys"),
        *("textwrap", "time", "timedelta", "uuid", "warnings", "LOG", "LOGGER", "_log"),
        *("_logger", "click", "mysql", "postgresql", "sa", "sqlalchemy"),
    }
)
_HARMLESS_METHODS = frozenset(
    {
        *("append", "capitalize", "decode", "encode", "endswith", "extend"),
        *("fetchall", "fetchmany", "fetchone", "first", "format", "get", "index"),
        *("isdigit", "items", "join", "keys", "lower", "lstrip", "mappings", "pop"),
        *("replace", "rsplit", "rstrip", "scalar", "scalars", "setdefault", "split"),
        *("splitlines", "startswith", "strip", "title", "upper", "values"),
    }
)


@dataclass(frozen=True)
class Unrun:
    """A block that did not run.

    Attributes:
        first: its first line.
        last: its last line.
        reason: why it did not run.
        loops: the loop that had no row, and the loops inside the block.
        is_for_others: whether it is code for another database than PostgreSQL.
    """

    first: int
    last: int
    reason: str
    loops: tuple[ast.For, ...] = ()
    is_for_others: bool = False

    @property
    def lines(self) -> str:
        """Describe the lines of the block."""
        if self.first == self.last:
            return f"line {self.first} did not run"
        return f"lines {self.first} to {self.last} did not run"


class Source:
    """The syntax tree of a file with functions that have run.

    Args:
        file: the path of the file.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.tree = ast.parse(Path(file).read_bytes())
        self._functions = {
            (node.name, _first_line(node)): node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    def unrun(self, run: FunctionRun) -> Iterator[Unrun]:
        """Yield the blocks of a function that one call of it left out."""
        function = self.function(run)
        if function is not None:
            yield from _Blocks(self.tree, function, run).of(function.body)

    def function(
        self, run: FunctionRun
    ) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function that has run, None if the file does not have it."""
        return self._functions.get((run.code.co_name, run.code.co_firstlineno))


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the first line of its code, which is the line of the first decorator."""
    lines = [function.lineno, *(each.lineno for each in function.decorator_list)]
    return min(lines)


class UnrunBlocks:
    """The blocks that did not run, found in source files that are parsed once."""

    def __init__(self) -> None:
        self._sources: dict[str, Source | None] = {}

    def lines_of_rows(self, lines: RunLines) -> frozenset[int]:
        """Return the lines of the queries that gave no row to a loop that did not run.

        They are lines of the revision's own function.
        """
        found = frozenset[int]()
        for run in lines.runs:
            if run.line or run.is_whole:
                continue
            source = self._source(run)
            function = source.function(run) if source else None
            if source is None or function is None:
                continue
            for block in source.unrun(run):
                for loop in block.loops:
                    found |= lines_of_rows(loop, function, source.tree)
        return found

    def note(self, revision: RecordedRevision, lines: RunLines) -> None:
        """Note in a revision the parts of its functions that did not run."""
        for run in lines.runs:
            file = run.code.co_filename
            for block in self._of(run):
                other = block.is_for_others
                if not run.line:  # the function of the revision itself
                    words = f"{block.lines}: {block.reason}"
                    revision.leave_unseen(
                        block.first, words, block.last, is_for_others=other
                    )
                    continue
                place = "" if file == lines.path else f" of {Path(file).name}"
                words = f"it calls {run.code.co_name}(){place}, where {block.lines}"
                words = f"{words}: {block.reason}"
                revision.leave_unseen(run.line, words, is_for_others=other)

    def _of(self, run: FunctionRun) -> Iterator[Unrun]:
        source = None if run.is_whole else self._source(run)
        return source.unrun(run) if source else iter(())

    def _source(self, run: FunctionRun) -> Source | None:
        file = run.code.co_filename
        if file not in self._sources:
            try:
                self._sources[file] = Source(file)
            except (OSError, SyntaxError, ValueError):  # made at run time
                self._sources[file] = None
        return self._sources[file]


@dataclass(frozen=True)
class _Blocks:
    """The blocks of one run of a function."""

    tree: ast.Module
    function: ast.FunctionDef | ast.AsyncFunctionDef
    run: FunctionRun

    def of(self, block: Sequence[ast.stmt]) -> Iterator[Unrun]:
        """Yield the parts of a block that did not run, after its first statement."""
        before: ast.stmt | None = None
        for number, statement in enumerate(block):
            if _leaves_no_line(statement):
                continue
            if not self._has_run(statement):
                is_dead = isinstance(before, ast.Return | ast.Raise)
                if before is not None and not (is_dead or self.run.has_failed):
                    reason = f"line {self._last_line_run(before)} leaves it out"
                    other = isinstance(before, ast.If) and self._is_for_others(
                        before, was_true=self._any_has_run(before.body)
                    )
                    for found in _told(block[number:], reason):
                        yield replace(found, is_for_others=other)
                return
            yield from self._inside(statement)
            before = statement

    def _inside(self, statement: ast.stmt) -> Iterator[Unrun]:
        match statement:
            case ast.If():
                yield from self._condition(statement)
            case ast.For() | ast.AsyncFor():
                loop = statement if isinstance(statement, ast.For) else None
                words = f"the loop of line {statement.lineno} has nothing to go through"
                yield from self._block(statement.body, words, loop)
                yield from self._block(statement.orelse, words)
            case ast.While():
                words = f"the condition of line {statement.lineno} is false"
                yield from self._block(statement.body, words)
            case ast.With() | ast.AsyncWith():
                yield from self.of(statement.body)
            case ast.Try():
                yield from self._attempt(statement)
            case ast.Match():
                words = f"the match of line {statement.lineno} takes another case"
                for case in statement.cases:
                    yield from self._block(case.body, words)
            case _:
                return

    def _condition(self, statement: ast.If) -> Iterator[Unrun]:
        for block, was_true in ((statement.body, False), (statement.orelse, True)):
            other = self._is_for_others(statement, was_true=was_true)
            test = " ".join(ast.unparse(statement.test).split())[:80]
            words = (
                f"the condition of line {statement.lineno} is "
                f"{'true' if was_true else 'false'} here: {test}"
            )
            for found in self._block(block, words):
                has_run = self._any_has_run(block)
                yield found if has_run else replace(found, is_for_others=other)

    def _is_for_others(self, statement: ast.If, *, was_true: bool) -> bool:
        function, tree = self.function, self.tree
        return is_for_others(statement.test, function, tree, was_true=was_true)

    def _attempt(self, statement: ast.Try) -> Iterator[Unrun]:
        """Yield the parts of a ``try`` that did not run, except its handlers."""
        yield from self.of(statement.body)
        for handler in statement.handlers:
            if self._any_has_run(handler.body):
                yield from self.of(handler.body)
        for block in (statement.orelse, statement.finalbody):
            if self._any_has_run(block):
                yield from self.of(block)

    def _block(
        self, block: Sequence[ast.stmt], reason: str, loop: ast.For | None = None
    ) -> Iterator[Unrun]:
        if self._any_has_run(block):
            yield from self.of(block)
        else:
            yield from _told(block, reason, loop)

    def _any_has_run(self, block: Sequence[ast.stmt]) -> bool:
        return any(map(self._has_run, block))

    def _has_run(self, statement: ast.stmt) -> bool:
        return not self.run.lines.isdisjoint(_own_lines(statement))

    def _last_line_run(self, statement: ast.stmt) -> int:
        whole = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        return max(self.run.lines.intersection(whole), default=statement.lineno)


def _told(
    block: Sequence[ast.stmt], reason: str, loop: ast.For | None = None
) -> Iterator[Unrun]:
    """Yield a block that did not run, if the block may change the database."""
    if any(map(may_act, block)):
        last = block[-1]
        inner = (each for part in block for each in ast.walk(part))
        loops = (loop, *(each for each in inner if isinstance(each, ast.For)))
        known = tuple(each for each in loops if each is not None)
        yield Unrun(block[0].lineno, last.end_lineno or last.lineno, reason, known)


def _own_lines(statement: ast.stmt) -> range:
    """Return the lines of a statement without those of its blocks."""
    last = statement.end_lineno or statement.lineno
    block = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if isinstance(block, list):
        first = block[0]
        inner = (
            first.pattern.lineno if isinstance(first, ast.match_case) else first.lineno
        )
        last = max(statement.lineno, inner - 1)
    start = statement.lineno
    for decorator in getattr(statement, "decorator_list", ()):
        start = min(start, decorator.lineno)
    if isinstance(statement, ast.Try):  # its own line may leave no trace
        return range(start, (statement.body[0].end_lineno or start) + 1)
    return range(start, last + 1)


def _leaves_no_line(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(
        statement.value, ast.Constant
    )
    is_name = isinstance(statement, ast.Global | ast.Nonlocal | ast.Pass)
    is_annotation = isinstance(statement, ast.AnnAssign) and statement.value is None
    return is_constant or is_name or is_annotation


def may_act(node: ast.AST) -> bool:
    """Check whether a node calls something that may change the database."""
    if isinstance(
        node, ast.Raise | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ):
        return False
    if isinstance(node, ast.Call) and not _is_harmless(node.func):
        return True
    if isinstance(node, ast.Assign):
        targets = (each for each in node.targets if isinstance(each, ast.Attribute))
        if any(not _is_self(each.value) for each in targets):
            return True  # an attribute of a model is a column
    return any(map(may_act, ast.iter_child_nodes(node)))


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def _is_harmless(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return name in _HARMLESS_NAMES or name[0].isupper()
        case ast.Attribute(attr="add", value=value):
            return "session" not in ast.unparse(value).lower()
        case ast.Attribute(attr=name) if name in _HARMLESS_METHODS:
            return True
        case ast.Attribute(attr=name) if name.startswith(("get_", "has_", "is_")):
            return True
        case ast.Attribute(value=value):
            while isinstance(value, ast.Attribute):
                value = value.value
            return isinstance(value, ast.Name) and value.id in _HARMLESS_MODULES
    return False
