"""Writes ``docs/commands.md``, and the tables of options and exit codes in other pages.

``docs/commands.md`` has what ``--help`` prints of each command; other pages are written
by hand and have single tables.
"""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from alembic.config import CommandLine

from alembic_zdt.cli import command_line
from alembic_zdt.exit_codes import ladder
from alembic_zdt.findings import Severity
from tools.markdown import NOTICE, between, code, semantic, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = """\
What `--help` prints of each command, as one page.
An argument in capitals stands for a value.

Some of Alembic's commands [behave in another way](plan.md) under `alembic-zdt`.

The meaning of exit codes: [severities and exit codes](output.md#exit-codes).
The keys of `--json`: [JSON output](json.md)."""
PLACEHOLDER = re.compile(r"<\w+>(?:[:@][<\w]\w*>?)?")
MARKER = re.compile(r"^<!-- ((options|exit codes|actions) of (\w+)) -->$", re.MULTILINE)


def pages() -> dict[str, Callable[[], str]]:
    """Path of each page with such a table -> the function that makes its text."""
    tables = {
        f"docs/{path.relative_to(DOCS).as_posix()}": partial(_page, path)
        for path in sorted(DOCS.rglob("*.md"))
        if MARKER.search(path.read_text(encoding="utf-8"))
    }
    return {"docs/commands.md": help_page, **tables}


def help_page() -> str:
    """Return the help of every command, ours first."""
    parsers = _parsers()
    theirs = cast("Any", CommandLine(prog="alembic").subparsers).choices
    ours = sorted(parsers.keys() - theirs.keys())
    every = table(("argument", "what it does"), _rows(command_line().parser))
    parts = (
        "# Commands",
        NOTICE,
        HEAD,
        "Options of every command stand before its name:",
        every,
        "Commands of this package:",
        _links(ours),
        "Commands of Alembic:",
        _links(sorted(theirs)),
        *(_help_of(name, parsers[name]) for name in (*ours, *sorted(theirs))),
    )
    return "\n\n".join(parts) + "\n"


def _links(names: list[str]) -> str:
    return " · ".join(f"[{code(name)}](#{name})" for name in names)


def _help_of(name: str, parser: ArgumentParser) -> str:
    words = " ".join((parser.description or _summary(name)).split())
    actions = [a for a in parser._actions if isinstance(a.choices, dict)]  # noqa: SLF001
    rows = [] if actions else _rows(parser)
    parts = [f"## {name}", semantic(_sentence(words))]
    if actions:
        parts.append(_actions(name))
    elif rows:
        parts.append(table(("argument", "what it does"), rows))
    return "\n\n".join(parts)


def _summary(name: str) -> str:
    """Return the line of a command in the help of the program."""
    summaries = cast("Any", command_line().subparsers)._choices_actions  # noqa: SLF001
    return next(str(each.help) for each in summaries if each.dest == name)


def _sentence(words: str) -> str:
    words = re.sub(r"\s+\.$", ".", words)
    return words if words.endswith(".") else f"{words}."


def _rows(parser: ArgumentParser) -> list[tuple[str, str]]:
    """Return the arguments of a parser, those without a dash first."""
    named = [
        a
        for a in parser._actions  # noqa: SLF001
        if a.dest != "help" and not isinstance(a.choices, dict)
    ]
    ordered = sorted(named, key=lambda each: bool(each.option_strings))
    return [(code(_usage(action)), _help(action)) for action in ordered]


def _page(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for marker, what, command in MARKER.findall(text):
        text = between(text, marker, TABLES[what](command))
    return text


def _options(command: str) -> str:
    return table(("argument", "what it does"), _rows(_parsers()[command]))


def _exit_codes(_commands: str) -> str:
    severities = {each.exit_code: each for each in Severity}
    rows = [
        (
            code(str(number.shown)),
            ", ".join(map(code, commands)) or "each",
            _worst(severities.get(number)) if "lint" in commands else "",
            meaning,
        )
        for number, meaning, commands in ladder()
    ]
    return table(("exit code", "commands", "worst finding", "meaning"), rows)


def _worst(severity: Severity | None) -> str:
    named = code(severity.value) if severity else ""
    return f"none, or a {named}" if severity is Severity.NOTE else named


def _actions(command: str) -> str:
    return table(("command", "what it does"), _action_rows(command))


TABLES = {"options": _options, "exit codes": _exit_codes, "actions": _actions}


def _parsers() -> dict[str, ArgumentParser]:
    return dict(cast("Any", command_line().subparsers).choices)


def _action_rows(command: str) -> Iterator[tuple[str, str]]:
    parser = _parsers()[command]
    (choices,) = [a.choices for a in parser._actions if isinstance(a.choices, dict)]  # noqa: SLF001
    for name, action in choices.items():
        given = [a for a in action._actions if a.dest != "help"]  # noqa: SLF001
        ordered = sorted(given, key=lambda each: bool(each.option_strings))
        arguments = " ".join(map(_optional, ordered))
        yield code(f"alembic-zdt {command} {name} {arguments}"), action.description


def _optional(action: Action) -> str:
    """In brackets what may be left out."""
    usage = _usage(action)
    return usage if action.required else f"[{usage}]"


def _usage(action: Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    return f"{', '.join(action.option_strings)} {value}".strip()


def _help(action: Action) -> str:
    words = (action.help or "") % {"default": action.default}
    return PLACEHOLDER.sub(lambda found: code(found[0]), words)
