"""Drop a database also where autovacuum works in it.

https://www.postgresql.org/docs/current/sql-dropdatabase.html
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.names import literal, quote

_UNDEFINED_DATABASE = "3D000"
_END_SESSIONS = (
    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
    " WHERE datname = {} AND usename = current_user"
    " AND pid <> pg_catalog.pg_backend_pid()"
)


def end_sessions_in(name: str) -> str:
    """Return the statement that ends the sessions of the role in a database."""
    return _END_SESSIONS.format(literal(name))


def drop_database(connection: Connection, name: str) -> bool:
    """Drop a database and end the sessions in it; return whether it was there.

    Args:
        connection: a connection in autocommit mode to another database.
        name: the database.

    Raises:
        DBAPIError: the role may not drop it, or sessions of other roles are in it.
    """
    try:
        _drop(connection, f"DROP DATABASE {quote(name)}", end_sessions_in(name))
    except DBAPIError as error:
        if driver_errors.diagnostics(error).sqlstate == _UNDEFINED_DATABASE:
            return False
        raise
    return True


def _drop(connection: Connection, drop: str, end_sessions: str) -> None:
    try:
        connection.exec_driver_sql(f"{drop} WITH (FORCE)")
    except DBAPIError as error:
        found = driver_errors.diagnostics(error)
        if found.sqlstate != driver_errors.INSUFFICIENT_PRIVILEGE:
            raise
        # FORCE fails if the role may not end every session, and autovacuum is one.
        # A plain DROP DATABASE ends autovacuum, and waits 5 seconds for the others.
        connection.exec_driver_sql(end_sessions)
        connection.exec_driver_sql(drop)
