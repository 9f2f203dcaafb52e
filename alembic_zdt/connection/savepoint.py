"""Send statements whose failure does not abort their transaction.

https://www.postgresql.org/docs/current/sql-savepoint.html
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database

_NAME = "zdt_apart"
_TAKE_SEVERAL = frozenset({"psycopg", "psycopg2"})
"""Drivers that send several statements in one message."""


def send_apart(connection: Connection, statements: Sequence[str]) -> None:
    """Send statements in a savepoint, in one message where the driver can.

    Args:
        connection: a connection in a transaction, or in autocommit mode, which needs no
            savepoint.
        statements: statements that return no rows.

    Raises:
        DBAPIError: a statement failed.  In a transaction none of them has an effect; in
            autocommit mode those before it have.
    """
    database = Database(connection)
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        for statement in statements:
            database.execute(statement)
    elif connection.dialect.driver in _TAKE_SEVERAL:
        _send_together(database, statements)
    else:
        with connection.begin_nested():
            for statement in statements:
                database.execute(statement)


def send_all(connection: Connection, statements: Sequence[str]) -> None:
    """Send statements one after the other, in one message where the driver can.

    Args:
        connection: the connection.
        statements: statements that return no rows.
    """
    database = Database(connection)
    if connection.dialect.driver in _TAKE_SEVERAL:
        statements = ["; ".join(statements)]
    for statement in statements:
        database.execute(statement)


def _send_together(database: Database, statements: Sequence[str]) -> None:
    within = (f"SAVEPOINT {_NAME}", *statements, f"RELEASE SAVEPOINT {_NAME}")
    try:
        database.execute("; ".join(within))
    except DBAPIError as error:
        if not driver_errors.is_disconnect(error):
            with suppress(DBAPIError):  # a cancel may come before the savepoint
                database.execute(f"ROLLBACK TO SAVEPOINT {_NAME}; RELEASE {_NAME}")
        raise
