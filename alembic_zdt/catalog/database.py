"""One connection, and the few ways in which this package talks through it.

Statements are sent without bind parameters.  With psycopg that means the simple
query protocol, after which no portal keeps a snapshot alive; with both drivers it
means that what is run is, character by character, what ``--sql`` writes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.util import await_only

if TYPE_CHECKING:
    from alembic_zdt.steps import Row


class Database:
    """A connection in autocommit mode.

    Args:
        connection: SQLAlchemy's, sync, or the sync face of an async one.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def is_async(self) -> bool:
        """Whether an event loop runs the driver."""
        return self.connection.dialect.is_async

    def execute(self, sql: str) -> None:
        """Send one statement, without any result."""
        self._send(sql).close()

    def rows(self, sql: str) -> Sequence[Row]:
        """Send one query, all its rows."""
        return [tuple(row) for row in self._send(sql)]

    def value(self, sql: str) -> Any:
        """Send one query, the first column of its first row."""
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def holds(self, condition: str) -> bool:
        """Whether an SQL expression is true."""
        return self.value(f"SELECT {condition}") is True  # a guard

    def sleep(self, seconds: float) -> None:
        """Wait without holding up the event loop of an async driver."""
        if self.is_async:
            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def _send(self, sql: str) -> Any:
        return self.connection.exec_driver_sql(
            sql, execution_options={"no_parameters": True}
        )
