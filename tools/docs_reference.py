"""Writes the reference pages: ``docs/settings.md`` and ``docs/errors.md``.

The messages on the page of errors are read from the calls that raise them, so what is
documented is what is said.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

from alembic_zdt import errors
from alembic_zdt.errors import ZdtError
from alembic_zdt.settings import Settings
from tools.directives import directives
from tools.markdown import NOTICE, between, code, prose, table
from tools.messages import Message, messages

SETTINGS = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
MOST_NAMED = 8
FILLED_IN = re.compile("<[^>]*>")
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))

ERRORS_HEAD = """\
Every error of this package is a subclass of `alembic.util.CommandError`,
so Alembic's command line prints it as one `FAILED:` and exits with 255.
A message says what could not be done, then `detail:` with the fact, `hint:` with what
to write or run, `revision:` with the revision that it stopped, what is done of it and
what is left, and `docs:` with the command that prints a section of this page, for
example `alembic-zdt explain lock-not-available`.
The parts are attributes of the exception (`primary`, `detail`, `hint`, `docs`, and
`revision`, `done` and `left`, the last two lists of calls), and the driver's error is
its `__cause__`.

Errors of the kind `UsageError`, `SettingError` and `UnsafeOperationError` are raised
before the call in question changes anything: correct the call, the setting or the
revision first.
After the others, remove the cause and run the same command again: finished steps are
skipped.

In the messages below a word in angle brackets, such as `<table>`, stands for a name or
a value."""


def settings_page() -> str:
    """Return docs/settings.md with its table renewed."""
    rows = [(code(name), default, text) for name, default, text in settings()]
    described = table(("setting", "default", "meaning"), rows)
    return between(SETTINGS.read_text(encoding="utf-8"), "settings", described)


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


def errors_page() -> str:
    """Return the tree of errors, and a section for each class."""
    known = {cls.__name__ for cls in _classes(ZdtError)}
    found = sorted(set(messages(known)), key=lambda m: (m.primary, m.hint))
    sections = [_section(cls, found) for cls in _classes(ZdtError)]
    tree = (inspect.getdoc(errors) or "").split("::\n\n")[1].split("\n\nA message")[0]
    parts = ("# Errors", NOTICE, ERRORS_HEAD, f"```text\n{_dedented(tree)}\n```")
    return "\n\n".join((*parts, *sections)) + "\n"


def _dedented(tree: str) -> str:
    return inspect.cleandoc(tree)


def _classes(cls: type[ZdtError]) -> Iterator[type[ZdtError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _classes(child)


def _section(cls: type[ZdtError], found: list[Message]) -> str:
    (parent,) = cls.__bases__
    parts = [
        f"## {cls.anchor}",
        f"`{cls.__name__}`, a kind of `{parent.__name__}`.\n"
        + prose(inspect.getdoc(cls) or ""),
    ]
    mine = [m for m in found if m.error == cls.__name__]
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
