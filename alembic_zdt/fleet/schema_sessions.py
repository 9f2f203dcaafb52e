"""Let each connection of this process begin in the schema of a target.

https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#setting-alternate-search-paths-on-connect
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from alembic_zdt.names import quote

_outside = threading.local()


@contextmanager
def outside_of_schemas() -> Iterator[None]:
    """Keep the connections of this thread from beginning in a schema."""
    _outside.is_here = True
    try:
        yield
    finally:
        _outside.is_here = False


@contextmanager
def in_schema(schema: str) -> Iterator[None]:
    """Set ``search_path`` on each new connection while the body runs.

    Args:
        schema: the schema; empty keeps the path of the server.
    """
    if not schema:
        yield
        return

    def set_path(connection: Any, _record: Any) -> None:
        if getattr(_outside, "is_here", False):
            return
        before = connection.autocommit
        connection.autocommit = True
        with_cursor(connection, f"SET search_path TO {quote(schema)}")
        connection.autocommit = before

    # First of all, because SQLAlchemy then asks for the name of the default schema.
    event.listen(Engine, "connect", set_path, insert=True)
    try:
        yield
    finally:
        event.remove(Engine, "connect", set_path)


def with_cursor(connection: Any, statement: str) -> None:
    """Send one statement over a connection of the driver."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()
