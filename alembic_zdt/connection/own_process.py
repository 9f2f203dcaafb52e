"""The database sessions that this process has open.

A statement that waits for one of them may wait for ever: the code that would end
that transaction is often the code that waits.  SQLAlchemy reports every connection
that its pools make.  This module reads the pids only on demand.
"""

from __future__ import annotations

import weakref
from collections import Counter
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.pool import Pool

_connections: weakref.WeakSet[Any] = weakref.WeakSet()
_listening: set[str] = set()
_made: Counter[str] = Counter()


def listen() -> None:
    """Record each connection that a pool makes from now on."""
    if not _listening:
        _listening.add("connect")
        event.listen(Pool, "connect", _remember)


def connected() -> int:
    """Return the number of connections that this process has made so far."""
    return _made["connections"]


def _remember(dbapi_connection: Any, _record: Any) -> None:
    _made["connections"] += 1
    driver = getattr(dbapi_connection, "driver_connection", None) or dbapi_connection
    if not (hasattr(driver, "get_server_pid") or hasattr(driver, "info")):
        return  # not a driver of PostgreSQL
    try:
        _connections.add(driver)
    except TypeError:
        return  # a driver whose connections cannot be referred to weakly


def backend_pids(connection: Connection) -> set[int]:
    """Return the pids of the other backends that serve this process.

    Backends of another server than that of *connection* are left out.
    """
    mine = _driver_connection(connection)
    server = _server(mine)
    found = (
        _backend_pid(other)
        for other in list(_connections)
        if other is not mine and _server(other) == server
    )
    return {pid for pid in found if pid}


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _server(connection: Any) -> Any:
    """Return the address of the server, None where the driver does not show it."""
    try:
        if hasattr(connection, "get_server_pid"):  # asyncpg
            return connection._addr  # noqa: SLF001  # it has no public name
        found = connection.info.host, connection.info.port
    except Exception:  # noqa: BLE001  # a closed connection has none, in any driver
        return None
    return found


def _backend_pid(connection: Any) -> int | None:
    try:
        if hasattr(connection, "get_server_pid"):  # asyncpg
            return int(connection.get_server_pid())
        return int(connection.info.backend_pid)  # psycopg and psycopg2
    except Exception:  # noqa: BLE001  # a closed connection has no pid, in any driver
        return None
