"""The sources of the database's URL, of which the first one with a URL counts.

https://alembic.sqlalchemy.org/en/latest/api/config.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from configparser import InterpolationError
from contextlib import contextmanager
from dataclasses import dataclass

from alembic.config import Config
from sqlalchemy import URL
from sqlalchemy.exc import NoSuchModuleError

from alembic_zdt.errors import UrlError

VARIABLES = ("DATABASE_URL_SYNC", "DATABASE_URL")
PLACEHOLDER = "driver://"
"""The start of the placeholder URL in Alembic's templates of alembic.ini."""


@dataclass(frozen=True)
class SaidUrl:
    """A URL as the user wrote it, with its source.

    Attributes:
        url: the URL.
        source: the place where it was found, for messages.
    """

    url: str | URL
    source: str


def said_url(
    config: Config, given: str | URL | None, variables: Sequence[str]
) -> SaidUrl | None:
    """Return the URL of the first source that has one, None if none has.

    Args:
        config: Alembic's configuration.
        given: the value that env.py passes.
        variables: the names of the environment variables, in order.
    """
    return next(everything_said(config, given, variables), None)


def everything_said(
    config: Config, given: str | URL | None, variables: Sequence[str]
) -> Iterator[SaidUrl]:
    """Yield the URLs of all sources, the one that counts first."""
    for said in _sources(config, given, variables):
        if said.url and not str(said.url).startswith(PLACEHOLDER):
            yield said


@contextmanager
def naming_a_placeholder(config: Config) -> Iterator[None]:
    """Replace SQLAlchemy's error about the placeholder URL by a ``UrlError``.

    Raises:
        UrlError: the body used such a URL.
    """
    try:
        yield
    except NoSuchModuleError as error:
        found = placeholder(config, error)
        if found is None:
            raise
        raise found from error


def placeholder(config: Config, error: BaseException) -> UrlError | None:
    """Return a clearer error if *error* came from a URL that is still unset.

    Args:
        config: Alembic's configuration.
        error: the error of SQLAlchemy.
    """
    if not isinstance(error, NoSuchModuleError) or "dialects:driver" not in str(error):
        return None
    file = config.config_file_name
    name = os.path.relpath(file) if file else "the configuration"
    return UrlError(
        f'sqlalchemy.url in {name} is still the placeholder "{PLACEHOLDER}..."',
        detail="This command needs a database.",
        hint="Set sqlalchemy.url to the URL of the database, for example "
        "postgresql+psycopg://user:password@localhost:5432/database.",
    )


def missing(variables: Sequence[str]) -> UrlError:
    """Return the error for a URL that no source has."""
    return UrlError(
        "no URL of a database is given",
        detail=f"Looked for -x url=, {', '.join(variables)}, sqlalchemy.url in "
        'alembic.ini, and "sqlalchemy.url" under [tool.alembic] in pyproject.toml.',
        hint=f"Set {variables[-1] if variables else 'sqlalchemy.url'}, for example to "
        "postgresql://user@host/database.",
    )


def _sources(
    config: Config, given: str | URL | None, variables: Sequence[str]
) -> Iterator[SaidUrl]:
    yield SaidUrl(_of_x_argument(config), "-x url=")
    yield SaidUrl(given or "", "env.py")
    for name in variables:
        yield SaidUrl(os.environ.get(name, ""), f"the environment variable {name}")
    ini = _of_ini(config)
    yield SaidUrl(ini, f"sqlalchemy.url of {config.config_file_name}")
    toml = _of_toml(config)
    if toml != ini:  # Alembic falls back to the ini file
        yield SaidUrl(toml, '"sqlalchemy.url" of pyproject.toml')


def _of_toml(config: Config) -> str:
    try:
        return config.get_alembic_option("sqlalchemy.url") or ""
    except (KeyError, TypeError, ValueError):  # of the % operator
        raise _unreadable("pyproject.toml") from None


def _of_ini(config: Config) -> str:
    try:
        return config.get_main_option("sqlalchemy.url") or ""
    except InterpolationError:
        raise _unreadable(config.config_file_name) from None


def _unreadable(file: str | None) -> UrlError:
    return UrlError(
        f"sqlalchemy.url of {file} cannot be read",
        detail="In this file % begins the name of another option, as in %(here)s.",
        hint="Write each % of the URL as %%.",
    )


def _of_x_argument(config: Config) -> str:
    given: Sequence[str] = getattr(config.cmd_opts, "x", None) or ()
    found = [x.removeprefix("url=") for x in given if x.startswith("url=")]
    return found[-1] if found else ""
