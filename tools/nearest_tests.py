"""Find the tests that execute a line, the quickest first.

A clean run of an area's tests records who executes what (``tools.executed_lines``).
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools import executed_lines, test_contexts

OPTIONS = ("-q", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider")
Lines = dict[str, dict[int, set[str]]]
_QUICK = 0.1
"""Seconds of a test that costs nothing, as one without a database."""


class RedTestsError(RuntimeError):
    """Tests fail without any mutation."""


@dataclass(frozen=True)
class NearestTests:
    """Which tests execute which lines.

    Attributes:
        root: the folder of the project.
        seconds: what each test took.
        lines: file -> line -> tests.
    """

    root: Path
    seconds: dict[str, float]
    lines: Lines

    def of(self, path: Path, line: int) -> list[str]:
        """Return the tests that execute a statement, the quickest first.

        A statement outside functions runs at import: that is nobody's test, so the
        tests count that execute what mentions its name, else any function of the file.
        """
        if path.suffix == ".sql":
            return self._in_order(self._of_file(_reader(path)))
        module = _Module(path)
        found = self._of_lines(path, module.lines_of(line))
        if module.runs_once(line):
            found |= self._of_lines(path, module.users_of(line)) or self._of_file(path)
        return self._in_order(found)

    def _of_file(self, path: Path) -> set[str]:
        return self._of_lines(path, _Module(path).lines_of_functions())

    def _of_lines(self, path: Path, lines: Iterable[int]) -> set[str]:
        known = self.lines.get(str(path.relative_to(self.root)), {})
        found = (known.get(line, set()) for line in lines)
        return set().union(*found) & self.seconds.keys()

    def _in_order(self, tests: set[str]) -> list[str]:
        """Put quick tests first, then one set of parameters of each other test."""
        met: Counter[str] = Counter()
        ranks = {}
        for test in sorted(tests, key=lambda each: (self.seconds[each], each)):
            function = test.partition("[")[0]
            ranks[test] = met[function], self.seconds[test]
            met[function] += self.seconds[test] > _QUICK
        return sorted(ranks, key=lambda each: ranks[each])

    def save(self, path: Path) -> None:
        """Write what ``saved_run()`` reads."""
        lines = {
            file: {line: sorted(tests) for line, tests in found.items()}
            for file, found in self.lines.items()
        }
        path.write_text(json.dumps({"seconds": self.seconds, "lines": lines}))


def saved_run(root: Path, path: Path) -> NearestTests:
    """Return a clean run of the same code."""
    saved = json.loads(path.read_text())
    lines: Lines = {
        file: {int(line): set(tests) for line, tests in found.items()}
        for file, found in saved["lines"].items()
    }
    return NearestTests(root, saved["seconds"], lines)


def clean_run(root: Path, tests: Sequence[str]) -> NearestTests:
    """Run the tests of an unchanged project.

    Args:
        root: its folder, a copy.
        tests: files and folders of tests, and further arguments of pytest.

    Raises:
        RedTestsError: a test fails, and again without the recording.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sitecustomize.py").write_text(executed_lines.HOOK)
        plugin = ("-p", "tools.test_contexts")
        recorded = {executed_lines.FOLDER: name}
        code, output = _pytest(root, [*plugin, *tests], recorded, name)
        if code not in {0, 1}:  # such as a file of tests that cannot be imported
            raise RedTestsError(output)
        found = json.loads((folder / test_contexts.TESTS).read_text())
        lines = _read(folder / executed_lines.LINES)
    if found["failed"]:  # recording makes a process slower, and some tests have limits
        code, output = _pytest(root, found["failed"], {}, "")
        if code:
            raise RedTestsError(output)
    return NearestTests(root, found["seconds"], lines)


def _pytest(
    root: Path, arguments: Sequence[str], more: dict[str, str], path: str
) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, *arguments],
        cwd=root,
        env=environment(root, path) | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def environment(root: Path, path: str = "") -> dict[str, str]:
    """Return variables that make Python import the copy of the project."""
    paths = os.pathsep.join(filter(None, [path, str(root)]))
    return os.environ | {"PYTHONPATH": paths}


def _read(path: Path) -> Lines:
    found: Lines = defaultdict(lambda: defaultdict(set))
    with path.open() as file:
        for each in map(json.loads, file):
            for test, files in each.items():
                for name, lines in files.items():
                    for line in lines:
                        found[name][line].add(test)
    return found


def _reader(path: Path) -> Path:
    """Return the module that reads a file of SQL."""
    for module in sorted(path.parent.glob("*.py")):
        if f'"{path.name}"' in module.read_text():
            return module
    raise LookupError(path)


# ----------------------------------------------------------------- lines of a module


@lru_cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


class _Module:
    def __init__(self, path: Path) -> None:
        self._tree = _parsed(path.read_text())

    def lines_of(self, line: int) -> set[int]:
        """Return the lines of the statement, of a block only its head."""
        statement = self._around(line)[-1]
        head = _head(statement)
        return set(head) if line in head else {line}

    def lines_of_functions(self) -> set[int]:
        """Return the lines inside of functions."""
        return {
            line
            for node in ast.walk(self._tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for line in _body(node)
        }

    def runs_once(self, line: int) -> bool:
        """Return whether the statement runs at import, or in a cached function."""
        functions = [
            each
            for each in self._around(line)
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            and line in _body(each)
        ]
        return not functions or any(
            "cache" in ast.unparse(decorator)
            for each in functions
            for decorator in each.decorator_list
        )

    def users_of(self, line: int) -> set[int]:
        """Return the lines in functions that mention what the statement defines."""
        names = set(_defined(self._around(line)[-1]))
        inside = self.lines_of_functions()
        return {
            other
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name | ast.Attribute)
            and (node.id if isinstance(node, ast.Name) else node.attr) in names
            and node.lineno in inside
            for other in self.lines_of(node.lineno)
        }

    def _around(self, line: int) -> list[ast.stmt]:
        """Return the statements around a line, the innermost last."""
        found = [
            node
            for node in ast.walk(self._tree)
            if isinstance(node, ast.stmt) and line in _all(node)
        ]
        return sorted(found, key=lambda node: -len(_all(node)))


def _all(node: ast.stmt) -> range:
    decorators = [each.lineno for each in getattr(node, "decorator_list", [])]
    return range(min([node.lineno, *decorators]), (node.end_lineno or node.lineno) + 1)


def _head(node: ast.stmt) -> range:
    body = getattr(node, "body", None)
    return range(node.lineno, body[0].lineno) if body else _all(node)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    for target in getattr(node, "targets", [getattr(node, "target", None)]):
        for each in ast.walk(target) if target else ():
            if isinstance(each, ast.Name | ast.Attribute):
                yield each.id if isinstance(each, ast.Name) else each.attr
