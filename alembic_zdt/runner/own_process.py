"""The database sessions that this very process has open.

A statement that waits for one of them may wait for ever: the code that would end
that transaction is often the code that waits.  SQLAlchemy tells us of every
connection its pools make; the pids are read only when somebody asks.
"""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

_connections: weakref.WeakSet[Any] = weakref.WeakSet()
_listening: set[str] = set()


def listen() -> None:
    """Begin to remember the connections of all pools.  Calling it again is harmless."""
    if not _listening:
        _listening.add("connect")
        event.listen(Pool, "connect", _remember)


def _remember(dbapi_connection: Any, _record: Any) -> None:
    driver = getattr(dbapi_connection, "driver_connection", None)
    try:
        _connections.add(driver or dbapi_connection)
    except TypeError:
        return  # a driver whose connections cannot be referred to weakly


def backend_pids() -> set[int]:
    """The pids of the backends that serve this process."""
    found = (_backend_pid(connection) for connection in list(_connections))
    return {pid for pid in found if pid}


def _backend_pid(connection: Any) -> int | None:
    try:
        if hasattr(connection, "get_server_pid"):  # asyncpg
            return int(connection.get_server_pid())
        if hasattr(connection, "get_backend_pid"):  # psycopg2
            return int(connection.get_backend_pid())
        return int(connection.info.backend_pid)  # psycopg
    except Exception:  # noqa: BLE001  # a closed connection has no pid, in any driver
        return None
