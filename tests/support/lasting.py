"""The connection that a worker keeps from test to test.

A new session has to start a server process and to read the catalog's definitions
before its first query is planned: about 10 ms, for every test.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from tools.postgres import Server


class Lasting:
    """A connection in autocommit; a test gets it as if it were new.

    Args:
        server: the run's server.
        database: the worker's database.
    """

    def __init__(self, server: Server, database: str) -> None:
        self._server = server
        self._database = database
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    @property
    def connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The open connection; a new one if a test closed, lost or blocked the last."""
        found = self._connection
        idle = TransactionStatus.IDLE
        if found is None or found.closed or found.info.transaction_status != idle:
            self.close()
            self._connection = found = self._connect()
        return found

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            self._server.dsn(self._database),
            autocommit=True,
            application_name="zdt-test",
            connect_timeout=10,
            prepare_threshold=None,  # psycopg 3.2.1 does not know what DISCARD ALL ends
        )

    def forget(self) -> None:
        """Undo what a test did to the session: settings, locks, temporary tables."""
        try:
            self.connection.execute("DISCARD ALL")
        except psycopg.OperationalError:  # the test ended its backend
            self.close()

    def enter(self, schema: str) -> None:
        """Make a schema the whole search_path."""
        path = sql.SQL("SET search_path = {}").format(sql.Identifier(schema))
        self.connection.execute(path)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
