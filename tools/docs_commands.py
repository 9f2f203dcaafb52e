"""Keeps the tables of options and exit codes current in pages written by hand."""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from alembic_zdt.cli import command_line
from alembic_zdt.commands.exit_codes import EXIT_CODES
from tools.markdown import between, code, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
MARKER = re.compile(r"^<!-- ((options|exit codes|actions) of (\w+)) -->$", re.MULTILINE)


def pages() -> dict[str, Callable[[], str]]:
    """Path of each page with such a table -> the function that makes its text."""
    return {
        f"docs/{path.relative_to(DOCS).as_posix()}": partial(_page, path)
        for path in sorted(DOCS.rglob("*.md"))
        if MARKER.search(path.read_text(encoding="utf-8"))
    }


def _page(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for marker, what, command in MARKER.findall(text):
        text = between(text, marker, TABLES[what](command))
    return text


def _options(command: str) -> str:
    actions = [a for a in _parsers()[command]._actions if a.dest != "help"]  # noqa: SLF001
    rows = [(code(_usage(action)), _help(action)) for action in actions]
    return table(("argument", "what it does"), rows)


def _exit_codes(command: str) -> str:
    rows = [(code(str(number)), words) for number, words in EXIT_CODES[command].items()]
    return table(("exit code", "meaning"), rows)


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
    return re.sub(r"<\w+>:<\w+>", lambda found: code(found[0]), words)
