"""Explanations of errors that stop env.py, or the file of a revision.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import gaierror

from alembic.config import Config
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InvalidRequestError,
    MissingGreenlet,
    NoSuchModuleError,
    OperationalError,
)

from alembic_zdt.doctor.finding import Finding, problem
from alembic_zdt.env.flask_application import missing_application
from alembic_zdt.env.url_sources import placeholder
from alembic_zdt.errors import CannotConnectError, UrlError, ZdtError
from alembic_zdt.runner import driver_errors

_EXTRAS = {
    "psycopg": "psycopg",
    "psycopg2": "psycopg",
    "asyncpg": "asyncpg",
    "greenlet": "asyncpg",
}
"""Modules of drivers, and the extra that installs them, or their successor."""

_OURS = "or let env.py call alembic_zdt.env.run(), which takes either."
_SYNC = f"Write postgresql+psycopg:// in the URL, {_OURS}"
_ASYNC = f"Write postgresql+asyncpg:// in the URL, {_OURS}"

_OF_CONNECTING = ("08", "28", "3D", "53", "57P")
"""Classes of SQLSTATE."""

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
    (
        "lock timeout",
        "Somebody holds a lock on the version table; wait for it, or end that session.",
    ),
    ("starting up|shutting down", "Wait for it: alembic-zdt wait."),
    (
        r"resolve host '\*\*\*@",
        "In user and password @ is written %40, / %2F, % %25.",
    ),
    (
        "refused|call failed|timed? ?out|unreachable|resolve|not known|name resolution",
        "Is the server running, do host and port lead to it, does the network let us?",
    ),
)
"""Messages of servers and drivers, and the hint for each."""


def explained(error: BaseException, config: Config, what: str = "env.py") -> Finding:
    """Return the finding for an error that stops all other checks.

    Args:
        error: what was raised.
        config: Alembic's.
        what: the code that was run.
    """
    error = placeholder(config, error) or missing_application(config, error) or error
    if "statement pooling" in str(error.__cause__):
        error = error.__cause__ or error  # the message of the pooler itself
    for explain in (_of_ours, _of_url, _of_import, _of_driver, _of_server):
        found = explain(error, config, what)
        if found is not None:
            return found
    words = f"{what} fails: {type(error).__name__}: {_line(error)}"
    place = _place(error, config)
    hint = "Correct it; alembic --raiseerr current shows the whole traceback."
    return replace(problem(words + place, hint), check="env")


def _of_url(error: BaseException, _config: Config, _what: str) -> Finding | None:
    """Explain errors of a URL, without their text, which may hold a password."""
    text = str(error)
    is_one = (
        (isinstance(error, ArgumentError) and "URL" in text)
        or (isinstance(error, ValueError) and _passed(error, "engine/url.py"))
        or "invalid interpolation syntax" in text
    )
    if not is_one:
        return None
    return replace(
        problem(
            "the URL of the database cannot be read; it is not shown, for it may hold "
            "a password",
            "Write postgresql+psycopg://user:password@host:5432/database; in user and "
            "password @ is %40, / is %2F; and each % is %% in alembic.ini and in "
            "config.set_main_option().",
        ),
        check="url",
    )


def _of_driver(error: BaseException, _config: Config, _what: str) -> Finding | None:
    wrong = _wrong_driver(error)
    return replace(problem(_line(error), wrong), check="driver") if wrong else None


def _of_server(error: BaseException, _config: Config, _what: str) -> Finding | None:
    """Explain errors of a server, or of a URL where none answers."""
    said = str(getattr(error, "orig", None) or error)
    if isinstance(error, DBAPIError):
        state = driver_errors.diagnostics(error).sqlstate
        if state == driver_errors.INSUFFICIENT_PRIVILEGE:
            hint = "GRANT SELECT, INSERT, UPDATE, DELETE on it to the role."
            return replace(problem(said, hint), check="privileges")
        if state == driver_errors.LOCK_NOT_AVAILABLE:
            return _refused("the version table cannot be read", said)
        if state.startswith(_OF_CONNECTING):
            return _refused("cannot connect to the database", said)
    is_refused = isinstance(
        error,
        OperationalError | InterfaceError | ConnectionError | TimeoutError | gaierror,
    )
    if is_refused or type(error).__module__.partition(".")[0] == "asyncpg":
        return _refused("cannot connect to the database", said)
    return None


def _of_ours(error: BaseException, _config: Config, _what: str) -> Finding | None:
    if isinstance(error, CannotConnectError):
        return _refused(error.primary, error.detail)
    if not isinstance(error, ZdtError):
        return None
    check = "url" if isinstance(error, UrlError) else "env"
    words = f"{error.primary}: {error.detail}" if error.detail else error.primary
    return replace(problem(words, error.hint), check=check)


def _refused(words: str, said: str) -> Finding:
    text = _masked(" ".join(said.split()))
    hint = "Correct the URL, or let the server be reached."
    for pattern, better in _REFUSALS:
        if re.search(pattern, text, re.IGNORECASE):
            hint = better
            break
    return replace(problem(f"{_masked(words)}: {text}", hint), check="connection")


def _masked(text: str) -> str:
    """Mask what may be a part of a password that was not escaped."""
    return re.sub(r"""[^\s"']*@(?=[^\s"'@]*["'\s:,]|[^\s"'@]*$)""", "***@", text)


def _wrong_driver(error: BaseException) -> str:
    """Return the hint for a URL with another driver than the engine needs."""
    if isinstance(error, NoSuchModuleError):
        return f"SQLAlchemy reads postgresql://, not postgres://. {_SYNC}"
    if isinstance(error, MissingGreenlet):
        return _SYNC
    if isinstance(error, InvalidRequestError) and "async driver" in str(error):
        return _ASYNC
    text = "connect() got an unexpected keyword argument"
    if isinstance(error, TypeError) and str(error).startswith(text):
        return (
            "The URL has a parameter of another driver: asyncpg says ssl=, psycopg "
            "sslmode=. alembic_zdt.env.run() translates it."
        )
    return ""


def _of_import(error: BaseException, config: Config, what: str) -> Finding | None:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    name = error.name
    top = name.partition(".")[0]
    if top in _EXTRAS:
        hint = f'pip install "alembic-zdt[{_EXTRAS[top]}]".'
        if top == "psycopg2":
            hint = f"It is the driver of a URL that names none. {_SYNC}"
        words = f"the driver is not installed: there is no module {name}"
        return replace(problem(words, hint), check="driver")
    words = f"{what} cannot import {name}{_place(error, config)}"
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
    for folder in _near(config):
        if len(path.parts) > 1 and _is_module(folder / top):
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
    return any(path.glob("*.py")) or path.with_suffix(".py").is_file()


def _place(error: BaseException, config: Config) -> str:
    """Return the deepest line of the project, in parentheses."""
    own = (str(_folder_of(config)), str(Path.cwd()))
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(own) and "site-packages" not in frame.filename
    ]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _passed(error: BaseException, ending: str) -> bool:
    """Check whether the error has passed a file whose path ends so."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(Path(frame.filename).as_posix().endswith(ending) for frame in frames)


def _line(error: BaseException) -> str:
    return _masked(" ".join(str(error).splitlines()[0].split())) if str(error) else ""
