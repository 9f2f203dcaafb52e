"""Why env.py, or a file of a revision, cannot even be run.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from alembic.config import Config
from sqlalchemy.exc import (
    ArgumentError,
    InvalidRequestError,
    MissingGreenlet,
    NoSuchModuleError,
)

from alembic_zdt.doctor.finding import Finding, problem
from alembic_zdt.env.connections import is_unreachable
from alembic_zdt.errors import CannotConnectError, UrlError, ZdtError

_EXTRAS = {
    "psycopg": "psycopg",
    "psycopg2": "psycopg",
    "asyncpg": "asyncpg",
    "greenlet": "asyncpg",
}
"""Modules of drivers, and the extra of ours that brings them, or their successor."""

_OURS = "or let env.py call alembic_zdt.env.run(), which takes either."
_SYNC = f"Write postgresql+psycopg:// in the URL, {_OURS}"
_ASYNC = f"Write postgresql+asyncpg:// in the URL, {_OURS}"

_REFUSALS = (
    (
        "password authentication failed",
        "Correct user or password in the URL; in both @ is written %40, / %2F, % %25.",
    ),
    ("pg_hba.conf", "Let pg_hba.conf admit this user from this host."),
    (
        'database ".*" does not exist',
        "CREATE DATABASE, or correct the name at the end of the URL.",
    ),
    ('role ".*" does not exist', "CREATE ROLE, or correct the user in the URL."),
    ("too many|remaining connection slots", "Close some, or raise max_connections."),
    (
        "statement pooling",
        "Migrations need transactions: take the server itself, or session mode.",
    ),
    ("starting up|shutting down", "Wait for it: alembic-zdt wait."),
    (
        "refused|call failed|timed? ?out|unreachable|resolve|not known|name resolution",
        "Is the server running, do host and port lead to it, does the network let us?",
    ),
)
"""What servers and drivers say, and what to do."""


def explained(error: Exception, config: Config, what: str = "env.py") -> Finding:
    """The finding for an error that kept everything else from being looked at.

    Args:
        error: what was raised.
        config: Alembic's.
        what: was run.
    """
    if isinstance(error, ZdtError):
        return _of_ours(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error, config, what)
    wrong = _wrong_driver(error)
    if wrong:
        return replace(problem(_line(error), wrong), check="driver")
    if isinstance(error, ArgumentError) and "URL" in str(error):
        hint = "Write postgresql+psycopg://user:password@host:5432/database."
        return replace(problem(_line(error), hint), check="url")
    if is_unreachable(error):
        cause: object = getattr(error, "orig", None) or error
        return _refused("cannot connect to the database", str(cause))
    words = f"{what} fails: {type(error).__name__}: {_line(error)}{_place(error)}"
    hint = "Correct it; alembic current shows the whole traceback."
    return replace(problem(words, hint), check="env")


def _of_ours(error: ZdtError) -> Finding:
    if isinstance(error, CannotConnectError):
        return _refused(error.primary, error.detail)
    check = "url" if isinstance(error, UrlError) else "env"
    words = f"{error.primary}: {error.detail}" if error.detail else error.primary
    return replace(problem(words, error.hint), check=check)


def _refused(words: str, said: str) -> Finding:
    text = " ".join(said.split())
    hint = "Correct the URL, or let the server be reached."
    for pattern, better in _REFUSALS:
        if re.search(pattern, text, re.IGNORECASE):
            hint = better
            break
    return replace(problem(f"{words}: {text}", hint), check="connection")


def _wrong_driver(error: Exception) -> str:
    """What to do when the URL is of another driver than the engine needs."""
    if isinstance(error, NoSuchModuleError):
        return f"SQLAlchemy reads postgresql://, not postgres://. {_SYNC}"
    if isinstance(error, MissingGreenlet):
        return _SYNC
    if isinstance(error, InvalidRequestError) and "async" in str(error):
        return _ASYNC
    if isinstance(error, TypeError) and "unexpected keyword argument" in str(error):
        return (
            "The URL has a parameter of another driver: asyncpg says ssl=, psycopg "
            "sslmode=. alembic_zdt.env.run() translates it."
        )
    return ""


def _missing_module(error: ModuleNotFoundError, config: Config, what: str) -> Finding:
    name = error.name or ""
    top = name.partition(".")[0]
    if top in _EXTRAS:
        hint = f'pip install "alembic-zdt[{_EXTRAS[top]}]".'
        if top == "psycopg2":
            hint = f"It is the driver of a URL that names none. {_SYNC}"
        words = f"the driver is not installed: there is no module {name}"
        return replace(problem(words, hint), check="driver")
    words = f"{what} cannot import {name}{_place(error)}"
    return replace(problem(words, _where_it_is(name, config)), check="imports")


def _where_it_is(name: str, config: Config) -> str:
    path = Path(*name.split("."))
    top = path.parts[0] if path.parts else ""
    for folder in _near(config):
        if _is_module(folder / path):
            relative = os.path.relpath(folder, _folder_of(config))
            place = "%(here)s" if relative == "." else f"%(here)s/{relative}"
            return (
                f"It is in {folder}: write prepend_sys_path = {place} in alembic.ini, "
                f"set PYTHONPATH={folder}, or install the application (pip install -e)."
            )
        if _is_module(folder / top):
            return f"There is {folder / top}, without such a module: correct the name."
    return (
        "Install the application here (pip install -e .), or set prepend_sys_path in "
        "alembic.ini to the folder that it is in."
    )


def _near(config: Config) -> Iterator[Path]:
    start = _folder_of(config)
    yield from dict.fromkeys(
        (start, start / "src", Path.cwd(), Path.cwd() / "src", start.parent)
    )


def _folder_of(config: Config) -> Path:
    name = config.config_file_name
    return Path(name).resolve().parent if name else Path.cwd()


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def _place(error: Exception) -> str:
    """The deepest line outside of installed packages."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename
        and "alembic_zdt" not in frame.filename
        and not frame.filename.startswith("<")
    ]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).splitlines()[0].split()) if str(error) else ""
