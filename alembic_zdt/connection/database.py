"""One connection, and the few ways in which this package uses it.

Statements are sent without bind parameters.  With psycopg that means the simple
query protocol, after which no portal keeps a snapshot alive.  With both drivers the
statements are, character by character, those that ``--sql`` writes.

Questions name every operator, function and type with ``pg_catalog``.  The
``search_path`` is the user's, and other roles may have put objects into its schemas.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from alembic_zdt.connection import cancels, one_message
from alembic_zdt.qualified import qualified

if TYPE_CHECKING:
    from alembic_zdt.steps import Row


class Database:
    """A connection in autocommit mode.

    Args:
        connection: SQLAlchemy's connection, a sync one or the sync face of an async
            one.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def is_async(self) -> bool:
        """Check whether an event loop runs the driver."""
        return self.connection.dialect.is_async

    @property
    def splits_statements(self) -> bool:
        """Check whether time on the network counts against ``statement_timeout``.

        If so, a short timeout is safe only for a statement that is sent together with
        it.
        """
        return one_message.is_needed(self.connection)

    def execute(self, sql: str, limits: Mapping[str, str] | None = None) -> None:
        """Send one statement as it is written, without any result.

        Args:
            sql: the statement.
            limits: the parameters for this statement.  They are sent with it if
                ``splits_statements`` is true; otherwise the caller has set them.
        """
        if limits is None or not self.splits_statements:
            self._send(sql).close()
            return
        options = one_message.options(self.connection, limits)
        self._send(sql, options).close()

    def rows(self, sql: str, *, as_written: bool = False) -> Sequence[Row]:
        """Send one query, and return all its rows.

        Args:
            sql: SQL of this package, with unqualified names.
            as_written: whether it contains an expression of the user, which needs the
                user's ``search_path``; all other names in it are qualified already.
        """
        text = sql if as_written else qualified(sql)
        return [tuple(row) for row in self._send(text)]

    def value(self, sql: str, *, as_written: bool = False) -> Any:
        """Send one query, and return the first column of its first row."""
        rows = self.rows(sql, as_written=as_written)
        return rows[0][0] if rows else None

    def holds(self, condition: str, *, as_written: bool = False) -> bool:
        """Return whether an SQL expression is true."""
        found = self.value(f"SELECT {condition}", as_written=as_written)
        return found is True

    def sleep(self, seconds: float) -> None:
        """Wait without holding up the event loop of an async driver."""
        if self.is_async:
            await_only(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def _send(self, sql: str, options: Mapping[str, Any] | None = None) -> Any:
        chosen = {"no_parameters": True, **(options or {})}
        try:
            return self.connection.exec_driver_sql(sql, execution_options=chosen)
        except DBAPIError as error:
            cancels.note(error, self.connection)
            raise
