"""Connections to the control database and to targets, with a sync or an async driver.

https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from alembic.config import Config
from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.env import connections
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.runner.session_settings import MAY_REST, session_settings

Found = TypeVar("Found")

_PATIENCE = 10.0


def over(
    url: str, work: Callable[[Connection], Found], what: str = "the control database"
) -> Found:
    """Return the result of *work* over a new connection in autocommit mode.

    Args:
        url: the URL of the database.
        work: a function that gets the connection.
        what: the name of the database, for messages.

    Raises:
        CannotConnectError: the server does not answer.
        UrlError: the URL cannot be used.
    """
    found: list[Found] = []
    config = Config()
    with connections.connecting_within(config, _PATIENCE):
        connections.over_own(
            usable(SaidUrl(url, f"the URL of {what}")),
            config,
            {"isolation_level": "AUTOCOMMIT"},
            lambda connection: found.append(_resting(work, connection)),
        )
    return found[0]


def _resting(work: Callable[[Connection], Found], connection: Connection) -> Found:
    """Run *work* in a session that may be idle while targets are upgraded."""
    with session_settings(Database(connection), (MAY_REST,)):
        return work(connection)
