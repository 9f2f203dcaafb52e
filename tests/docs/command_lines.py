"""Reads a command as a page shows it: what it calls, and whether that can be parsed."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from argparse import ArgumentParser
from functools import cache
from typing import Any, cast

from alembic.config import CommandLine

from alembic_zdt.cli import command_line

PLACEHOLDERS = (
    (re.compile(r"\b(A:B|FROM:TO)\b|<from>:<(to|word)>"), "0001:0002"),
    (re.compile(r"[\[\]]"), ""),
    (re.compile(r"\bexpand\|migrate\|contract\b"), "expand"),
    (re.compile(r"\bNAME\b|(?<=resume )<word>"), "users.email_lower"),
    (re.compile(r"(?<=seconds )S\b|(?<=rows )N\b|(?<=rate )N\b"), "1"),
    (
        re.compile(
            r"(?<=parallel )N\b|(?<=server )N\b|(?<=failures )N\b|(?<=port )N\b"
        ),
        "1",
    ),
    # Of these a command takes one.
    (re.compile(r"--phase PHASE --before-deploy --after-deploy"), "--before-deploy"),
    (re.compile(r"--json --format FORMAT"), "--format prometheus"),
    (
        re.compile(
            r"(?<=fleet upgrade )REV\b|(?<=fleet plan )REV\b|(?<=fleet enqueue )REV\b"
        ),
        "heads",
    ),
    (re.compile(r"(?<=timeout )DURATION\b"), "0s"),
    (re.compile(r"(?<=to )MODULE:(FUNCTION\b|<word>)"), "myapp.tenants:put"),
    (
        re.compile(r"(?<=engine )MODULE:\S+"),
        "myapp.database:engine",
    ),
    (re.compile(r"(?<=soak )DURATION\b"), "0s"),
    (re.compile(r"(?<=only )GLOB\b"), "acme"),
    (re.compile(r"(?<=skip )GLOB\b"), "no_such_*"),
    (re.compile(r"(?<=check )CMD\b"), "true"),
    (re.compile(r"(?<=line )FILE\b|(?<=line )<word>"), "lint.json"),
)
# A page may name a command or an option without what it needs.
COMPLETIONS = (
    (re.compile(r"(^alembic(-zdt)? -x)$"), r"\1 zdt.lock_timeout=1s"),
    (re.compile(r"(^alembic(-zdt)? -x \S+)$"), r"\1 current"),
    (re.compile(r"(^alembic-zdt|^python -m alembic_zdt)$"), r"\1 --help"),
    (re.compile(r"(^alembic-zdt backfill)$"), r"\1 status"),
    (re.compile(r"(^alembic-zdt queue)$"), r"\1 status"),
    (re.compile(r"(^alembic-zdt queue (?!status)\w+)$"), r"\1 NAME"),
    (
        re.compile(r"(^alembic-zdt queue \w+ )(NAME|<word>)"),
        r"\1reindex:ix_users_email",
    ),
    (re.compile(r"(^alembic-zdt queue status )\[NAME\]"), r"\1"),
    (re.compile(r"(^alembic-zdt facts)$"), r"\1 export"),
    (re.compile(r"(^alembic-zdt fleet)$"), r"\1 status"),
    (re.compile(r"(^alembic-zdt fleet backfill)( --json)?$"), r"\1 run\2"),
    (re.compile(r"(^alembic-zdt explain)( ID)?$"), r"\1 errors"),
    (re.compile(r"(^alembic-zdt backfill (pause|resume|cancel))$"), r"\1 NAME"),
    (re.compile(r"(^alembic(-zdt)? downgrade)$"), r"\1 base"),
    (re.compile(r"(^alembic upgrade)( --sql)?$"), r"\1 head\2"),
    (re.compile(r"( --phase)$"), r"\1 expand"),
    (re.compile(r"( --engine)$"), r"\1 myapp.database:engine"),
    (re.compile(r"( stamp --purge)$"), r"\1 head"),
    (re.compile(r"( merge -m)$"), r"\1 together heads"),
)
SHELL = re.compile(r"\s+(?:\|\|?|&&|[<>]|;)\s.*$")


def is_ours(text: str) -> bool:
    """Whether it is a call of ``alembic`` or ``alembic-zdt``, or of the package."""
    return bool(
        re.match(r"(alembic(-zdt)?|python3? (-m alembic_zdt|-c .*))( |$)", text)
    )


def complete(text: str) -> str:
    """The command with its placeholders filled in, ready to be typed."""
    for pattern, addition in COMPLETIONS:
        text = pattern.sub(addition, text)
    for pattern, word in PLACEHOLDERS:
        text = pattern.sub(word, text)
    return text


@cache
def _parser(program: str) -> ArgumentParser:
    found = CommandLine(prog="alembic") if program == "alembic" else command_line()
    return found.parser


@cache
def subcommands(program: str = "alembic-zdt") -> dict[str, ArgumentParser]:
    """The commands of a program, with the parsers of their options."""
    command = CommandLine(prog="alembic") if program == "alembic" else command_line()
    return dict(cast("Any", command.subparsers).choices)


def parse(text: str) -> Any:
    """Parse a complete command as the program does.

    Raises:
        AssertionError: the program does not take it.
    """
    text = text.replace("python -m alembic_zdt", "alembic-zdt")
    program, *arguments = shlex.split(SHELL.sub("", text))
    if program not in {"alembic", "alembic-zdt"}:
        return None
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            return _parser(program).parse_args(arguments)
    except SystemExit as end:
        if end.code:
            *_, why = said.getvalue().splitlines()
            raise AssertionError(f"{text}: {why}") from end
    return None


def subcommand(text: str) -> str:
    """Which command of the program it calls; "" for none, as for ``--help``."""
    words = shlex.split(SHELL.sub("", text))
    return next((word for word in words if word in subcommands()), "")
