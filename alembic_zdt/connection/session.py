"""Ask the driver whether a session is in a transaction.

A COMMIT or a BEGIN may have been sent as text, of which SQLAlchemy knows nothing.
https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQTRANSACTIONSTATUS
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    # For asyncpg, SQLAlchemy begins a transaction with the first statement, and counts
    # it as open from then on.
    return bool(getattr(raw, "autocommit", False) or getattr(raw, "_started", False))


@contextmanager
def transaction_ended(connection: Any) -> Iterator[None]:
    """End the transaction that the body begins on the server, if it begins one."""
    was_open, was_begun = is_open(connection), connection.in_transaction()
    try:
        yield
    finally:
        if not was_open and not connection.invalidated:
            if was_begun:  # SQLAlchemy still counts it as open, which is harmless
                connection.dialect.do_rollback(connection.connection)
            else:
                connection.rollback()


def is_open(connection: Any) -> bool:
    """Check whether a connection that may be lost has an open transaction."""
    return not connection.invalidated and is_in_transaction(connection)
