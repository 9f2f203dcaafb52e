"""Finds every command and piece of code that the repository shows to a reader.

Pages (``README.md``, ``docs``, ``examples``), the YAML of the examples, docstrings, and
the messages of the package.  What is found here must be run, or have a reason why not:
``tests/house/test_shown.py``.
"""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from alembic_zdt.cli import command_line
from tests.docs.console import Block, blocks, commands

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "alembic_zdt"
PROGRAMS = (
    "alembic",
    "alembic-zdt",
    "bash",
    "celery",
    "docker",
    "git",
    "helm",
    "kubectl",
    "make",
    "pip",
    "pre-commit",
    "procrastinate",
    "psql",
    "pytest",
    "python",
    "python3",
    "towncrier",
    "twine",
    "uv",
    "uvicorn",
)
_SUBCOMMANDS = sorted(cast("Any", command_line().subparsers).choices)
COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:\S+/bin/)?(?:{'|'.join(PROGRAMS)}) +\S")
SHELL = re.compile(rf"{COMMAND.pattern}|(?:export|cd) \S")
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SPAN_OF_A_DOCSTRING = re.compile(r"``([^`]+)``")
WORDS = "heads?|base|status|run|pause|resume|cancel"
ARGUMENT = rf"-[^\s\"]+|<[^\s\"]+|[+-]\d|[^\s\"]*[:.][^\s\"]+|(?:{WORDS})\b"
SAID = re.compile(
    rf"\balembic(?:-zdt)?(?: -x \S+| --\w+)? (?:{'|'.join(_SUBCOMMANDS)})\b"
    rf"(?: (?:{ARGUMENT}))*"
)
EXAMPLE = re.compile(r"^( *)Example::\n\n((?:\1    .*\n|\n)+)", re.MULTILINE)
# Their code spans are messages, and those are collected from the source.
PAGES_OF_MESSAGES = ("docs/errors.md",)


@dataclass(frozen=True)
class Shown:
    """A command, or some lines of code, at the place where a reader finds it.

    Attributes:
        path: of the file, from the root of the repository.
        line: in the file, for people.
        kind: ``console``, ``shell``, ``inline``, ``yaml``, ``docstring`` or ``message``
            for commands; ``python``, ``sql`` or ``settings`` for code.
        text: what is shown.
        block: all commands of the block, for one of ``shell``.
        reason: of the mark ``<!-- not run: ... -->`` before it.
        source: the file of the repository that the code is taken from.
    """

    path: str
    line: int
    kind: str
    text: str
    block: tuple[str, ...] = ()
    reason: str = ""
    source: str = ""

    @property
    def beginning(self) -> str:
        """What it is recognized by."""
        if self.kind == "python" and self.source:
            return self.source
        return self.text.removeprefix(".venv/bin/")

    @property
    def where(self) -> str:
        """As an editor understands it."""
        return f"{self.path}:{self.line}"


@cache
def shown() -> tuple[Shown, ...]:
    """Return everything, in the order of the files."""
    return tuple(
        found for collect in (_in_pages, _in_yaml, _in_modules) for found in collect()
    )


def pages() -> list[Path]:
    """Return the pages that a reader may open."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    found += ROOT.glob("examples/**/*.md")
    return sorted(path for path in found if path.name != "CHANGELOG.md")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- pages


def _in_pages() -> Iterator[Shown]:
    for page in pages():
        for block in blocks(page):
            yield from _of_block(_name(page), block)
        if _name(page) not in PAGES_OF_MESSAGES:
            yield from _spans(page)


def _of_block(path: str, block: Block) -> Iterator[Shown]:
    kind, lines = _kind_of(block)
    for offset, text in lines:
        yield Shown(
            path,
            block.line + offset,
            kind,
            text,
            tuple(text for _, text in lines) if kind == "shell" else (),
            block.reason,
            block.source,
        )


def _kind_of(block: Block) -> tuple[str, Sequence[tuple[int, str]]]:
    """What a block holds, and the parts of it."""
    match block.language:
        case "console":
            return "console", [(0, command.line) for command in commands(block)]
        case "sh" | "bash":
            return "shell", shell_lines(block.text)
        case "python" | "sql":
            return block.language, [(0, block.text)]
        case "yaml":
            return "yaml", [(0, text) for text in _commands_of_yaml(block.text)]
        case "text" | "":
            return _kind_of_text(block.text)
    return block.language, []


def _kind_of_text(text: str) -> tuple[str, Sequence[tuple[int, str]]]:
    """A block without a language is one of several things, or just text."""
    prompts = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    if prompts:
        return "shell", [(0, line) for line in prompts]
    if text.startswith("[alembic_zdt]"):
        return "settings", [(0, text)]
    if SHELL.match(text):
        return "shell", shell_lines(text)
    if _is_python(text):
        return "python", [(0, text)]
    return "yaml", [(0, command) for command in _commands_of_yaml(text)]


def shell_lines(text: str) -> list[tuple[int, str]]:
    """The commands of a block, each with its line, without their comments."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        command = re.sub(r"(^|\s+)# .*", "", line).strip()
        if command:
            found.append((number, command))
    return found


def _is_python(text: str) -> bool:
    """Whether it is a call, or has some statements that are more than a name."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    names = (ast.Name, ast.Tuple, ast.Constant, ast.Compare)
    return not all(isinstance(getattr(each, "value", each), names) for each in body)


def _spans(page: Path) -> Iterator[Shown]:
    """Code within sentences and tables that is a command."""
    text = page.read_text()
    hidden = re.sub(
        r"^```.*?^```$|<!--.*?-->",
        lambda found: "\n" * found[0].count("\n"),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    for number, line in enumerate(hidden.splitlines(), 1):
        for span in SPAN.findall(line):
            command = span.replace(r"\|", "|")
            if COMMAND.match(command):
                yield Shown(_name(page), number, "inline", command)


# -- YAML


def _in_yaml() -> Iterator[Shown]:
    found = [p for end in ("yaml", "yml") for p in ROOT.glob(f"examples/**/*.{end}")]
    for path in sorted([*found, ROOT / ".pre-commit-hooks.yaml"]):
        text = path.read_text()
        for command in _commands_of_yaml(text):
            line = text.partition(command.split()[0])[0].count("\n") + 1
            yield Shown(_name(path), line, "yaml", command)


def _commands_of_yaml(text: str) -> list[str]:
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []
    return [command for each in documents for command in _values(each)]


def _values(node: Any) -> Iterator[str]:
    """What stands under the keys that hold commands."""
    if isinstance(node, list):
        for each in node:
            yield from _values(each)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "args" and node.get("id") == "alembic-zdt-lint":
            yield shlex.join(["alembic-zdt", "lint", *value])
        elif key in {"command", "args"} and isinstance(value, list):
            yield shlex.join(value)
        elif key in {"run", "entry", "script", "command"} and isinstance(value, str):
            yield from value.strip().splitlines()
        else:
            yield from _values(value)


# -- Python


def _in_modules() -> Iterator[Shown]:
    for folder in ("alembic_zdt", "benchmarks", "docs", "examples", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text())
            docstrings = dict(_docstrings(tree))
            for line, docstring in docstrings.items():
                yield from _of_docstring(_name(path), line, docstring)
            if path.is_relative_to(PACKAGE):
                yield from _of_messages(_name(path), tree, set(docstrings))


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each docstring with the line that it begins at."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def _of_docstring(path: str, line: int, docstring: str) -> Iterator[Shown]:
    for found in EXAMPLE.finditer(docstring + "\n"):
        yield Shown(path, line, "python", textwrap.dedent(found[2]).strip())
    for indented in re.findall(r"^ {4}(\S.*)$", docstring, re.MULTILINE):
        if COMMAND.match(indented):
            yield Shown(path, line, "docstring", shell_lines(indented)[0][1])
    for span in SPAN_OF_A_DOCSTRING.findall(docstring):
        if COMMAND.match(span):
            yield Shown(path, line, "docstring", " ".join(span.split()))


def _of_messages(path: str, tree: ast.Module, docstrings: set[int]) -> Iterator[Shown]:
    """Commands that the package itself tells its users to run."""
    for line, text in _texts(tree):
        if line not in docstrings:
            for found in SAID.finditer(text):
                yield Shown(path, line, "message", found[0].rstrip(".,;)"))


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts of a module; ``<word>`` stands for what is filled in."""
    pieces: set[int] = set()
    for node in ast.walk(tree):  # from the outside in
        if isinstance(node, ast.JoinedStr):
            pieces |= {id(value) for value in node.values}
            yield node.lineno, "".join(map(_piece, node.values))
        match node:
            case ast.Constant(value=str() as text) if id(node) not in pieces:
                yield node.lineno, text


def _piece(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "<word>"
