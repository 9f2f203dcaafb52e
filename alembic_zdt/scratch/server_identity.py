"""Check whether two URLs lead to the same database, whatever names they use.

A copy of a server has the same ``system_identifier``.  The moment of its start differs.

https://www.postgresql.org/docs/current/functions-info.html
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt.connection.database import Database
from alembic_zdt.env import connections
from alembic_zdt.env.urls import DatabaseUrl
from alembic_zdt.errors import UrlError

_PATIENCE = 5.0
"""Seconds to wait for a server that may not be reachable from here."""

_DATABASE = """
SELECT pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time()),
    d.oid::int8, d.datname::text
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
"""
# A managed service may have revoked it, and then the start of the server is enough.
_SYSTEM = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"


def identity(url: DatabaseUrl) -> Sequence[Any] | None:
    """Return facts that identify server and database, None without an answer.

    Args:
        url: the URL of the database.
    """
    found: list[Sequence[Any]] = []
    config = Config()
    with (
        suppress(UrlError, SQLAlchemyError),
        connections.connecting_within(config, _PATIENCE),
    ):
        connections.over_own(
            url,
            config,
            {"isolation_level": "AUTOCOMMIT"},
            lambda connection: found.append(_of(connection)),
        )
    return found[0] if found else None


def _of(connection: Connection) -> Sequence[Any]:
    database = Database(connection)
    (row,) = database.rows(_DATABASE)
    with suppress(DBAPIError):
        return *row, database.value(_SYSTEM)
    return *row, None


def are_same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Check whether two answers are about the same database.

    The system identifier counts where both roles may read it.
    """
    *parts, system = one
    *others, other_system = other
    differs = None not in {system, other_system} and system != other_system
    return parts == others and not differs
