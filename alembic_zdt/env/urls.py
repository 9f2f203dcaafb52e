"""Conversion of a database's URL for the driver that is installed.

The application's own URL is often for another driver than the migrations', and each
driver has its own names for the same parameters.

https://docs.sqlalchemy.org/en/20/dialects/postgresql.html
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.errors import UrlError

log = logging.getLogger("alembic_zdt")

_MODULES = {
    "psycopg": "psycopg",
    "psycopg_async": "psycopg",
    "asyncpg": "asyncpg",
    "psycopg2": "psycopg2",
}
_IN_ORDER = ("psycopg", "asyncpg", "psycopg2")
# Parameters for SQLAlchemy's asyncpg dialect, or for a pool of the application.
_OF_ASYNCPG_ALONE = (
    "async_fallback",
    "command_timeout",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
)


@dataclass(frozen=True)
class DatabaseUrl:
    """A URL that an installed driver understands.

    Attributes:
        url: the URL.
        connect_args: arguments that the driver does not take from a URL.
    """

    url: URL
    connect_args: dict[str, Any] = field(default_factory=dict)

    @property
    def is_async(self) -> bool:
        """Check whether the driver needs an event loop."""
        return self.url.drivername.endswith(("+asyncpg", "+psycopg_async"))


def usable(said: SaidUrl) -> DatabaseUrl:
    """Return the URL for a driver that is installed.

    Raises:
        UrlError: it is no URL, it is not PostgreSQL's, it has a parameter that cannot
            be used, or no driver is installed.
    """
    url, wanted, driver = with_driver(said)
    if wanted not in {"", driver}:
        log.warning(
            "%s names the driver %s; the migrations run with %s",
            said.source,
            wanted,
            driver,
        )
    url = url.set(drivername=f"postgresql+{driver}")
    return _for_asyncpg(url, said) if driver == "asyncpg" else _for_libpq(url)


def with_driver(said: SaidUrl) -> tuple[URL, str, str]:
    """Return the URL, the driver that it names, and the driver that is installed.

    Raises:
        UrlError: it is no URL, it is not PostgreSQL's, or no driver is installed.
    """
    url = _parsed(said)
    wanted = _driver_of(url, said)
    return url, wanted, _installed(wanted, said)


def _parsed(said: SaidUrl) -> URL:
    if isinstance(said.url, URL):
        return _with_socket(said.url)
    try:
        return _with_socket(make_url(said.url.strip()))
    except (ArgumentError, ValueError) as error:
        raise UrlError(
            f"{said.source} is not a URL of a database",
            detail="The value is not shown, because it may hold a password.",
            hint="Write postgresql://user:password@host:5432/database; in user and "
            "password write @ as %40, / as %2F, and in alembic.ini % as %%.",
        ) from error


def _with_socket(url: URL) -> URL:
    """Move the folder of a socket to where SQLAlchemy looks for it.

    libpq accepts it in place of the host, with %2F for each slash.
    """
    host = unquote(url.host or "")
    if not host.startswith("/"):
        return url
    query = {"host": host} | ({"port": str(url.port)} if url.port else {})
    found = URL.create(
        url.drivername, url.username, url.password, None, None, url.database, url.query
    )
    return found.update_query_dict(query)


def _driver_of(url: URL, said: SaidUrl) -> str:
    backend, _, driver = url.drivername.partition("+")
    if backend in {"postgresql", "postgres"}:
        return driver
    raise UrlError(
        f'{said.source} is of "{url.drivername}", not of PostgreSQL',
        detail="The directives are for PostgreSQL only.",
        hint="Begin the URL with postgresql://, or use Alembic's own env.py.",
    )


def _installed(wanted: str, said: SaidUrl) -> str:
    """Return the wanted driver, or else the first one that is installed."""
    for driver in (wanted, *_IN_ORDER):
        if driver in _MODULES and find_spec(_MODULES[driver]):
            return driver
    raise UrlError(
        f"no driver for {said.source} is installed",
        detail="The migrations run with psycopg or asyncpg.",
        hint='Install one of them: pip install "alembic-zdt[psycopg]".',
    )


# ------------------------------------------------------------------------- parameters


def _for_libpq(url: URL) -> DatabaseUrl:
    query = {k: v for k, v in url.query.items() if k not in _OF_ASYNCPG_ALONE}
    for theirs, libpq in (("ssl", "sslmode"), ("timeout", "connect_timeout")):
        if theirs in query:
            query.setdefault(libpq, query.pop(theirs))
    return DatabaseUrl(url.set(query=query))


def _for_asyncpg(url: URL, said: SaidUrl) -> DatabaseUrl:
    query = dict(url.query)
    settings: dict[str, str] = {}
    if "sslmode" in query:
        query.setdefault("ssl", query.pop("sslmode"))
    if "application_name" in query:
        settings["application_name"] = str(query.pop("application_name"))
    settings |= dict(_server_settings(str(query.pop("options", ""))))
    arguments: dict[str, Any] = {"server_settings": settings} if settings else {}
    if "connect_timeout" in query:
        arguments |= _timeout(str(query.pop("connect_timeout")), said)
    unknown = sorted(query.keys() & _OF_LIBPQ_ALONE)
    if unknown:
        raise UrlError(
            f'{said.source} has "{unknown[0]}", which asyncpg does not know',
            detail="Only libpq knows this parameter, and psycopg uses libpq.",
            hint="Remove the parameter, or use psycopg: postgresql+psycopg://...",
        )
    return DatabaseUrl(url.set(query=query), arguments)


def _timeout(seconds: str, said: SaidUrl) -> dict[str, float]:
    """Return asyncpg's timeout, none for 0, which means no timeout in libpq."""
    try:
        return {"timeout": float(seconds)} if float(seconds) > 0 else {}
    except ValueError:
        raise UrlError(
            f'{said.source} has connect_timeout="{seconds}"',
            detail="connect_timeout must be a number of seconds.",
            hint="Correct connect_timeout, or leave it out.",
        ) from None


_OF_LIBPQ_ALONE = {
    "channel_binding",
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "require_auth",
    "requirepeer",
    "requiressl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "tcp_user_timeout",
}


_WORD = re.compile(r"(?:\\.|[^\s\\])+", re.DOTALL)
"""A part of ``options``, as the server splits them: a quote has no meaning."""


def _server_settings(options: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of ``options``: ``-c name=value`` or ``--name=value``."""
    for word in _WORD.findall(options):
        setting = re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)
        name, equals, value = re.sub(r"\A(?:-c|--)", "", setting).partition("=")
        if equals:
            yield name.replace("-", "_"), value
