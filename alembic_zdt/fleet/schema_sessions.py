"""Let each connection of this process work in the schema of a target.

https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#setting-alternate-search-paths-on-connect
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event

from alembic_zdt.names import literal, quote

_BEFORE = "alembic_zdt_search_path"
_PATH = "SELECT pg_catalog.current_setting('search_path')"


class _Inside:
    """The schema in which this process works, empty for none."""

    def __init__(self) -> None:
        self.schema = ""
        self.others: WeakSet[threading.Thread] = WeakSet()

    def is_here(self) -> bool:
        """Check whether this thread works in the schema."""
        here = threading.current_thread()
        return bool(self.schema) and here not in self.others


_inside = _Inside()


@contextmanager
def in_schema(schema: str) -> Iterator[None]:
    """Set ``search_path`` on each connection while the body uses it.

    A connection of a pool gets its own path back.  Threads that run already are left
    alone.

    Args:
        schema: the schema; empty keeps the path of the server.
    """
    _listen()
    here = threading.current_thread()
    _inside.others = WeakSet(each for each in threading.enumerate() if each is not here)
    _inside.schema = schema
    try:
        yield
    finally:
        _inside.schema = ""


def keep_outside() -> None:
    """Keep the connections of this thread out of the schema of a target."""
    _inside.others.add(threading.current_thread())


@functools.cache
def _listen() -> None:
    """Follow the pools of all engines, for the life of the process.

    A connection may come back to its pool after the body.
    """
    # First of all, because SQLAlchemy then asks for the name of the default schema.
    event.listen(Engine, "connect", _enter, insert=True)
    event.listen(Engine, "checkout", _enter)
    event.listen(Engine, "checkin", _leave)


def _enter(connection: Any, record: Any, _proxy: Any = None) -> None:
    if _inside.is_here():
        if _BEFORE not in record.info:
            record.info[_BEFORE] = _asked(connection, _PATH)
        _asked(connection, _setting(quote(_inside.schema)))


def _leave(connection: Any, record: Any) -> None:
    before = record.info.pop(_BEFORE, None)
    if before is None or connection is None:
        return
    try:
        _asked(connection, _setting(before))
    except Exception as error:  # noqa: BLE001  # a driver may raise anything
        record.invalidate(error)


def _setting(path: str) -> str:
    return f"SELECT pg_catalog.set_config('search_path', {literal(path)}, false)"


def _asked(connection: Any, statement: str) -> str:
    """Return the value of a query over a connection of the driver."""
    # A listener of the application may have begun a transaction, in which a driver
    # refuses to change autocommit, and whose end would undo its SET.
    connection.commit()
    before = connection.autocommit
    connection.autocommit = True
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])
    finally:
        cursor.close()
        connection.autocommit = before
