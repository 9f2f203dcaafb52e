"""Run questions in a transaction of their own, and roll it back.

``SET LOCAL`` holds only in a transaction, so a connection in autocommit mode gets one.
https://www.postgresql.org/docs/current/sql-set.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from alembic_zdt.connection.database import Database
from alembic_zdt.connection.session import is_in_transaction
from alembic_zdt.names import QualifiedName
from alembic_zdt.server_facts import PROBE


@contextmanager
def on_empty_copy(
    database: Database, table: QualifiedName, making: Iterable[str] = ()
) -> Iterator[None]:
    """Run the body with an empty copy of a table, :data:`PROBE`, and roll that back.

    Args:
        database: a connection in a transaction, or in autocommit mode.
        table: the table.
        making: statements that create what the copy needs.
    """
    with undone(database):
        for statement in making:
            database.execute(statement)
        database.execute(f"CREATE TEMPORARY TABLE {PROBE.name} (LIKE {table.sql})")
        yield


@contextmanager
def undone(database: Database) -> Iterator[None]:
    """Run the body in a savepoint or a transaction, and roll that back.

    Args:
        database: a connection in a transaction, or in autocommit mode.
    """
    connection = database.connection
    undo: Callable[[], object]
    is_autocommit = getattr(connection.connection.dbapi_connection, "autocommit", False)
    if is_autocommit and not is_in_transaction(connection):
        database.execute("BEGIN")
        undo = partial(database.execute, "ROLLBACK")
    else:
        undo = connection.begin_nested().rollback
    try:
        yield
    finally:
        if not connection.invalidated:
            undo()
