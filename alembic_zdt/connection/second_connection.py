"""Open a second connection, because the first is busy or its transaction failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def second_connection(connection: Connection) -> Iterator[Connection]:
    """Yield a new connection in autocommit mode, and close it afterwards."""
    engine = connection.engine
    # The engine's own pool may be exhausted, or hold just one connection.
    fresh = Engine(engine.pool.recreate(), engine.dialect, engine.url)
    try:
        with fresh.connect() as found:
            yield found.execution_options(isolation_level="AUTOCOMMIT")
    finally:
        fresh.dispose()
