"""Ask the driver whether a session is in a transaction.

A COMMIT or a BEGIN may have been sent as text, of which SQLAlchemy knows nothing.
https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQTRANSACTIONSTATUS
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

_IDLE = 0
"""Status of a connection without a transaction in libpq."""


def is_in_transaction(connection: Connection) -> bool:
    """Check whether the server has an open transaction for the connection."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "is_in_transaction"):  # asyncpg
        return bool(driver.is_in_transaction())
    info = getattr(driver, "info", None)
    return int(getattr(info, "transaction_status", _IDLE)) != _IDLE


def runs_alone(connection: Connection) -> bool:
    """Check whether the next statement will be a transaction of its own."""
    if is_in_transaction(connection):
        return False
    raw: Any = connection.connection.dbapi_connection
    # SQLAlchemy begins one for asyncpg with the first statement, and takes it for
    # open from then on.
    return bool(getattr(raw, "autocommit", False) or getattr(raw, "_started", False))
