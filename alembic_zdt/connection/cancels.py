"""Find out whether a timeout or another session has cancelled a statement.

Both have the same SQLSTATE, and only the messages differ.  The server writes them in
the language of its ``lc_messages``.  If that is not English, the duration of the
statement by the server's clock decides.
https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from __future__ import annotations

import contextlib
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.second_connection import second_connection
from alembic_zdt.connection.session import is_in_transaction
from alembic_zdt.qualified import qualified

if TYPE_CHECKING:
    from sqlalchemy import Connection, ExceptionContext

QUERY_CANCELED = "57014"
_ENGLISH = {"due to statement timeout": True, "due to user request": False}
_NOTED = "_zdt_is_timeout"
_EVENT = "handle_error"
# A driver may send several messages, and the limit counts from the first one.
_NEARLY = 0.9
_listening: weakref.WeakSet[Connection] = weakref.WeakSet()


def is_ended(error: DBAPIError) -> bool:
    """Check whether a timeout or another session ended the statement."""
    original: Any = error.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", "")
    return bool(state == QUERY_CANCELED)


def is_timeout(error: DBAPIError) -> bool | None:
    """Check whether ``statement_timeout`` ended a statement, None if that is unknown.

    Args:
        error: the error of a statement that was cancelled, see :func:`is_ended`.
    """
    first = str(error.orig).partition("\n")[0]
    for words, found in _ENGLISH.items():
        if words in first:
            return found
    noted: bool | None = getattr(error, _NOTED, None)
    return noted


def listen(connection: Connection) -> None:
    """Record the cause when a statement of the connection is cancelled.

    This includes the statements of the application and of other packages.
    """
    _listening.add(connection)
    if not event.contains(connection.dialect, _EVENT, _hear):
        event.listen(connection.dialect, _EVENT, _hear)


def _hear(failed: ExceptionContext) -> None:
    error, connection = failed.sqlalchemy_exception, failed.connection
    if connection and connection in _listening and isinstance(error, DBAPIError):
        note(error, connection)


def note(error: DBAPIError, connection: Connection) -> None:
    """Note what has ended a statement, if the message does not tell.

    Args:
        error: the error of the last statement of a session.
        connection: the session.
    """
    if is_ended(error) and is_timeout(error) is None:
        # Without a second connection it stays unknown.
        with contextlib.suppress(Exception):
            setattr(error, _NOTED, _lasted_too_long(connection))


def _lasted_too_long(connection: Connection) -> bool:
    """Check whether the last statement of a session took as long as its timeout."""
    driver: Any = connection.connection.driver_connection
    is_asyncpg = hasattr(driver, "get_server_pid")
    pid = driver.get_server_pid() if is_asyncpg else driver.info.backend_pid
    with second_connection(connection) as second:
        took = _value(
            second,
            "SELECT extract(epoch FROM a.state_change - a.query_start) * 1000"
            f" FROM pg_catalog.pg_stat_activity a WHERE a.pid = {pid}",
        )
        # A failed transaction answers no question.
        asked = second if is_in_transaction(connection) else connection
        limit = _value(
            asked,
            "SELECT setting::int FROM pg_catalog.pg_settings"
            " WHERE name = 'statement_timeout'",
        )
    return bool(limit > 0 and took >= _NEARLY * limit)


def _value(connection: Connection, sql: str) -> Any:
    options = {"no_parameters": True}
    found = connection.exec_driver_sql(qualified(sql), execution_options=options)
    return found.scalar_one()
