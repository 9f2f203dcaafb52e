"""Writes the reference pages: ``docs/settings.md`` and ``docs/errors.md``.

The messages on the page of errors are read from the calls that raise them, so what is
documented is what is said.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

from alembic_zdt import errors
from alembic_zdt.errors import ZdtError
from alembic_zdt.settings import Settings
from tools.directives import directives
from tools.markdown import NOTICE, code, prose, table

PACKAGE = Path(errors.__file__).parent
MOST_NAMED = 8
FILLED_IN = re.compile("<[^>]*>")
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))

SETTINGS_HEAD = """\
Each setting can be given in four places; the first that has a value wins:

1. `alembic -x zdt.lock_timeout=500ms upgrade head`
2. `context.configure(..., zdt_lock_timeout="500ms")` in `env.py`
3. `[alembic_zdt]` in `alembic.ini`
4. `[tool.alembic_zdt]` in `pyproject.toml`

Durations are written with a unit: `ms`, `s`, `min`, `h` or `d`.
A setting that is unknown or cannot be read is an [error](errors.md#setting);
nothing is ignored."""

ERRORS_HEAD = """\
Every error of this package is a subclass of `alembic.util.CommandError`,
so Alembic's command line prints it as one `FAILED:` and exits with 255.
A message says what could not be done, then `detail:` with the fact, `hint:` with what
to write or run, and `docs:` with the URL of a section of this page.
The parts are attributes of the exception (`primary`, `detail`, `hint`, `docs`),
and the driver's error is its `__cause__`.

After any of them the same command can be run again: finished steps are skipped.

In the messages below `<...>` stands for what is filled in."""


def settings_page() -> str:
    """All settings, with their defaults."""
    rows = [(code(name), default, text) for name, default, text in settings()]
    described = table(("setting", "default", "what it is"), rows)
    return f"# Settings\n\n{NOTICE}\n\n{SETTINGS_HEAD}\n\n{described}\n"


def settings() -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each setting."""
    meanings = _attributes(inspect.getdoc(Settings) or "")
    kinds = get_type_hints(Settings)
    for field in fields(Settings):
        choices = [code(c) for c in get_args(kinds[field.name])]
        text = prose(meanings[field.name])
        if choices:
            text += f" One of {', '.join(choices)}."
        yield field.name, _default(field.default), text


def _attributes(docstring: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in docstring.split("Attributes:\n")[1].splitlines():
        if line.startswith("     "):
            found[name] += f" {line.strip()}"
        elif ": " in line:
            name, text = line.strip().split(": ", 1)
            found[name] = text
    return found


def _default(value: Any) -> str:
    if isinstance(value, timedelta):
        return code(_duration(value))
    if str(value) == "":
        return "empty"
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def _duration(value: timedelta) -> str:
    if value < timedelta(seconds=1) and value:
        return f"{round(value.total_seconds() * 1000)}ms"
    seconds = round(value.total_seconds())
    for unit, size in UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


@dataclass(frozen=True)
class Message:
    """What one call that makes an error says, with ``<...>`` for what it fills in."""

    error: str
    primary: str
    hint: str


def errors_page() -> str:
    """The tree of errors, and a section for each class."""
    messages = sorted(set(_messages()), key=lambda m: (m.primary, m.hint))
    sections = [_section(cls, messages) for cls in _classes(ZdtError)]
    tree = (inspect.getdoc(errors) or "").split("::\n\n")[1].split("\n\nA message")[0]
    parts = ("# Errors", NOTICE, ERRORS_HEAD, f"```text\n{_dedented(tree)}\n```")
    return "\n\n".join((*parts, *sections)) + "\n"


def _dedented(tree: str) -> str:
    return inspect.cleandoc(tree)


def _classes(cls: type[ZdtError]) -> Iterator[type[ZdtError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _classes(child)


def _section(cls: type[ZdtError], messages: list[Message]) -> str:
    (parent,) = cls.__bases__
    parts = [
        f"## {cls.anchor}",
        f"`{cls.__name__}`, a kind of `{parent.__name__}`.\n"
        + prose(inspect.getdoc(cls) or ""),
    ]
    mine = [m for m in messages if m.error == cls.__name__]
    if mine:
        parts.append("\n".join(_said(message) for message in mine))
    parts += _raised_by(cls)
    return "\n\n".join(parts)


def _raised_by(cls: type[ZdtError]) -> Iterator[str]:
    names = [d.name for d in directives() if cls.__name__ in d.parts.raises]
    if len(names) > MOST_NAMED:
        yield "Most [directives](directives/index.md) may raise it."
    elif names:
        links = ",\n".join(f"[`{name}`](directives/{name}.md)" for name in names)
        yield f"Raised by {links}."


def _said(message: Message) -> str:
    line = f"* {code(message.primary)}"
    if not message.hint or FILLED_IN.fullmatch(message.hint):
        return line
    return f"{line}\n  hint: {code(message.hint)}"


def _messages() -> Iterator[Message]:
    known = {cls.__name__ for cls in _classes(ZdtError)}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        constants = _constants(module)
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if (
                    name in known
                ):
                    hint = _keyword(node, "hint")
                    yield Message(
                        name,
                        _text(first, constants),
                        _text(hint, constants) if hint else "",
                    )


def _constants(module: ast.Module) -> dict[str, str]:
    """The texts that a module gives a name."""
    found = {}
    for statement in module.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)
            ):
                found[name] = text
    return found


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    """The text that an expression makes, with ``<word>`` for what is not constant."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value, constants) for value in values)
        case ast.FormattedValue(value=ast.Name(id=name)) if name in constants:
            return constants[name]
        case ast.FormattedValue(value=value):
            return f"<{_word(value)}>"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, constants) + _text(right, constants)
    return f"<{_word(node)}>"


def _word(node: ast.expr) -> str:
    """A short name for what is filled in: ``self.table.words`` is a table."""
    word = "..."
    match node:
        case ast.Attribute(value=value, attr="words" | "sql" | "relation"):
            word = _word(value)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            word = name.strip("_").replace("_", " ")
        case ast.Call(args=[ast.Name() | ast.Attribute() as first, *_]):
            word = _word(first)
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            word = _word(inner)
    return word
