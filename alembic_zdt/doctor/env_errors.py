"""Explanations of errors that stop env.py, or the file of a revision.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
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

from alembic_zdt.connection import driver_errors
from alembic_zdt.env.flask_application import missing_application
from alembic_zdt.env.url_sources import placeholder
from alembic_zdt.errors import CannotConnectError, UrlError, ZdtError
from alembic_zdt.findings import Finding

_EXTRAS = {
    "psycopg": "psycopg",
    "psycopg2": "psycopg",
    "asyncpg": "asyncpg",
    "greenlet": "asyncpg",
}
"""Modules of drivers, and the extra that installs them, or their successor."""

_OURS = "or let env.py call alembic_zdt.env.run(), which takes sync and async drivers."
_SYNC = f"Write postgresql+psycopg:// in the URL, {_OURS}"
_ASYNC = f"Write postgresql+asyncpg:// in the URL, {_OURS}"

_OF_CONNECTING = ("08", "28", "3D", "53", "57P")
"""Classes of SQLSTATE."""

_WORD = re.compile(r"""[^\s"']++""")
_REFUSALS = (
    (
        r"password authentication failed|\[28P01\]",
        (
            "Correct user or password in the URL; in both write @ as %40, / as %2F, "
            "% as %25."
        ),
    ),
    ("pg_hba.conf", "Let pg_hba.conf admit this user from this host."),
    (
        r'database ".*" does not exist|\[3D000\]',
        "CREATE DATABASE, or correct the name at the end of the URL.",
    ),
    ('role ".*" does not exist', "CREATE ROLE, or correct the user in the URL."),
    (
        r"too many|remaining connection slots|\[53300\]",
        "Close some connections, or raise max_connections.",
    ),
    (
        "statement pooling",
        "Migrations need transactions: use the server itself, or session mode.",
    ),
    (
        r"lock timeout|\[55P03\]",
        "Another session locks the version table; wait for it, or end that session.",
    ),
    (
        r"starting up|shutting down|\[57P0[1-3]\]",
        "Wait for the server: alembic-zdt wait.",
    ),
    (
        r"resolve host '\*\*\*@",
        "In user and password write @ as %40, / as %2F, % as %25.",
    ),
    (
        "refused|call failed|timed? ?out|unreachable|resolve|not known|name resolution",
        (
            "Check that the server runs, that host and port are right, and that the "
            "network lets this host connect."
        ),
    ),
)
"""Messages of servers and drivers, or SQLSTATEs, and the hint for each.

A message may be in any language.  A driver that cannot connect may know no SQLSTATE.
"""


def explained(error: BaseException, config: Config, what: str = "env.py") -> Finding:
    """Return the finding for an error that stops all other checks.

    Args:
        error: the exception.
        config: Alembic's configuration.
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
    hint = "Correct the error; alembic --raiseerr current shows the whole traceback."
    return Finding.error(words + place, hint, check="env")


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
    return Finding.error(
        "the URL of the database cannot be read; it is not shown, because it may hold "
        "a password",
        "Write postgresql+psycopg://user:password@host:5432/database; in user and "
        "password @ is %40, / is %2F; and each % is %% in alembic.ini and in "
        "config.set_main_option().",
        check="url",
    )


def _of_driver(error: BaseException, _config: Config, _what: str) -> Finding | None:
    wrong = _wrong_driver(error)
    return Finding.error(_line(error), wrong, check="driver") if wrong else None


def _of_server(error: BaseException, _config: Config, _what: str) -> Finding | None:
    """Explain errors of a server, or of a URL at which none answers."""
    said = str(getattr(error, "orig", None) or error)
    if isinstance(error, DBAPIError):
        state = driver_errors.diagnostics(error).sqlstate
        if state == driver_errors.INSUFFICIENT_PRIVILEGE:
            hint = "GRANT SELECT, INSERT, UPDATE, DELETE on that table to the role."
            return Finding.error(said, hint, check="privileges")
        if state == driver_errors.LOCK_NOT_AVAILABLE:
            return _refused("the version table cannot be read", said, state)
        if state.startswith(_OF_CONNECTING):
            return _refused("cannot connect to the database", said, state)
    is_refused = isinstance(
        error,
        OperationalError | InterfaceError | ConnectionError | TimeoutError | gaierror,
    )
    if is_refused or type(error).__module__.partition(".")[0] == "asyncpg":
        state = str(getattr(error, "sqlstate", None) or "")
        return _refused("cannot connect to the database", said, state)
    return None


def _of_ours(error: BaseException, _config: Config, _what: str) -> Finding | None:
    if isinstance(error, CannotConnectError):
        return _refused(error.primary, error.detail)
    if not isinstance(error, ZdtError):
        return None
    check = "url" if isinstance(error, UrlError) else "env"
    words = f"{error.primary}: {error.detail}" if error.detail else error.primary
    return Finding.error(words, error.hint, check=check)


def _refused(words: str, said: str, state: str = "") -> Finding:
    text = _masked(" ".join(said.split()))
    hint = "Correct the URL, or make the server reachable."
    for pattern, better in _REFUSALS:
        if re.search(pattern, f"{text} [{state}]", re.IGNORECASE):
            hint = better
            break
    return Finding.error(f"{_masked(words)}: {text}", hint, check="connection")


def _masked(text: str) -> str:
    """Mask parts of the text that may belong to an unescaped password."""
    return _WORD.sub(_without_password, text)


def _without_password(word: re.Match[str]) -> str:
    _, at, after = word[0].rpartition("@")
    return f"***@{after}" if at else word[0]


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
            "The URL has a parameter of another driver: asyncpg has ssl=, psycopg "
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
            hint = f"A URL without a driver uses {top}. {_SYNC}"
        words = f"the driver is not installed: there is no module {name}"
        return Finding.error(words, hint, check="driver")
    words = f"{what} cannot import {name}{_place(error, config)}"
    return Finding.error(words, _where_it_is(name, config), check="imports")


def _where_it_is(name: str, config: Config) -> str:
    path = Path(*name.split("."))
    top = path.parts[0] if path.parts else ""
    for folder in _near(config):
        if _is_module(folder / path):
            relative = os.path.relpath(folder, _folder_of(config))
            place = "%(here)s" if relative == "." else f"%(here)s/{relative}"
            return (
                f"The module is in {folder}: write prepend_sys_path = {place} in "
                f"alembic.ini, set PYTHONPATH={folder}, or install the application "
                "(pip install -e)."
            )
    for folder in _near(config):
        if len(path.parts) > 1 and _is_module(folder / top):
            return f"{folder / top} has no such module: correct the name."
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
    """Return the traceback's innermost line in the project, in parentheses."""
    own = (str(_folder_of(config)), str(Path.cwd()))
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(own) and "site-packages" not in frame.filename
    ]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _passed(error: BaseException, ending: str) -> bool:
    """Check whether the traceback has a file whose path ends in this way."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(Path(frame.filename).as_posix().endswith(ending) for frame in frames)


def _line(error: BaseException) -> str:
    return _masked(" ".join(str(error).splitlines()[0].split())) if str(error) else ""
