"""Connections to the control database and to targets, with a sync or an async driver.

https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.env import connections
from alembic_zdt.env.url_sources import SaidUrl
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import StatementFailedError
from alembic_zdt.runner.session_settings import (
    MAY_REST,
    READ_COMMITTED,
    session_settings,
)

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
        StatementFailedError: the role lacks a right.
        UrlError: the URL cannot be used.
    """
    found: list[Found] = []
    config = Config()
    with connections.connecting_within(config, _PATIENCE), rights_named(what):
        connections.over_own(
            usable(SaidUrl(url, f"the URL of {what}")),
            config,
            {"isolation_level": "AUTOCOMMIT"},
            lambda connection: found.append(_resting(work, connection)),
        )
    return found[0]


@contextmanager
def rights_named(what: str = "the control database") -> Iterator[None]:
    """Name the database in the error of a role that lacks a right.

    Args:
        what: the name of the database, for messages.

    Raises:
        StatementFailedError: the role lacks a right.
    """
    try:
        yield
    except DBAPIError as error:
        found = driver_errors.diagnostics(error)
        if found.sqlstate != driver_errors.INSUFFICIENT_PRIVILEGE:
            raise
        raise StatementFailedError(
            f"the role lacks a right in {what}",
            detail=f"PostgreSQL reports: {found.message}.",
            hint="Grant the right to the role, or connect as the role that owns the "
            "tables of the fleet.",
        ) from error


def _resting(work: Callable[[Connection], Found], connection: Connection) -> Found:
    """Run *work* in a session that may be idle while targets are upgraded.

    A lease waits for a lock, and must then see what others have committed.
    """
    with session_settings(Database(connection), (MAY_REST, READ_COMMITTED)):
        return work(connection)
