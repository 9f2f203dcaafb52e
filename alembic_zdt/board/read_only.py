"""Transactions that only read, and do not wait long for a lock.

Nothing is set for longer than a transaction: behind a pooler another client may get the
same session.  Autocommit mode, in which each statement could write, is turned off.
https://www.postgresql.org/docs/current/sql-set-transaction.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from alembic_zdt.connection.session import is_in_transaction

_LIMITS = (
    "SET TRANSACTION READ ONLY",
    # A table may be locked while its size is asked for.
    "SET LOCAL lock_timeout = '2s'",
    "SET LOCAL statement_timeout = '10s'",
)


@contextmanager
def only_reading() -> Iterator[None]:
    """Let each transaction that the body begins be READ ONLY, with short limits."""
    # Before the listeners of an application, which may send statements.
    event.listen(Engine, "begin", _limit, insert=True)
    try:
        yield
    finally:
        event.remove(Engine, "begin", _limit)


def _limit(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    if not is_in_transaction(connection):  # as a listener of "connect" may leave it
        _make_read_only(connection)
    for each in _LIMITS:
        connection.exec_driver_sql(each)


def _make_read_only(connection: Connection) -> None:
    """Let the driver begin READ ONLY, also after a COMMIT that is sent as text."""
    driver: Any = connection.connection.dbapi_connection
    if getattr(driver, "autocommit", False):
        connection.dialect.set_isolation_level(driver, "READ COMMITTED")
    dialect: Any = connection.dialect
    dialect.set_readonly(driver, True)
