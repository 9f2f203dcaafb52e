"""Sessions in scratch databases, with a sync or an async driver.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alembic.config import Config
from sqlalchemy import URL, Connection, make_url

from alembic_zdt.env import connections
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import UrlError

Found = TypeVar("Found")


def over(url: str, work: Callable[[Connection], Found]) -> Found:
    """Return the result of *work* over a new connection in autocommit mode.

    Raises:
        CannotConnectError: the server does not answer.
        UrlError: the URL cannot be used.
    """
    found: list[Found] = []
    connections.over_own(
        usable(SaidUrl(url, "the URL of the scratch database")),
        Config(),
        {"isolation_level": "AUTOCOMMIT"},
        lambda connection: found.append(work(connection)),
    )
    return found[0]


def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    over(url, run)


def of_an_installed_driver(url: str, option: str) -> str:
    """Return the URL with the driver that it names, or else one that is installed.

    Args:
        url: the URL.
        option: the option that names the URL.

    Raises:
        UrlError: the URL cannot be used, or needs arguments of the driver.
    """
    return as_text(_without_arguments(SaidUrl(url, option)))


def for_driver(url: str, name: str) -> str:
    """Return the URL for another driver, whose parameters have other names.

    Args:
        url: the URL.
        name: the dialect and the driver, for example ``postgresql+asyncpg``.

    Raises:
        UrlError: the driver does not take a parameter from a URL.
    """
    said = SaidUrl(make_url(url).set(drivername=name), "the URL of the server")
    return as_text(_without_arguments(said).set(drivername=name))


def _without_arguments(said: SaidUrl) -> URL:
    found = usable(said)
    if not found.connect_args:
        return found.url
    raise UrlError(
        f"{said.source} has parameters that asyncpg does not take from a URL",
        detail="env.py gets only a URL. These would be arguments of the driver: "
        f"{', '.join(sorted(found.connect_args))}.",
        hint="Remove application_name, options and connect_timeout from the URL.",
    )


def with_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return as_text(make_url(url).set(database=name))


def as_text(url: URL) -> str:
    """Return a URL with its password, as env.py needs it."""
    return url.render_as_string(hide_password=False)
