"""End transactions of Alembic that have only read, before a step that takes long.

Alembic compares models and database in such a transaction, and calls hooks in it.
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.session import is_in_transaction
from alembic_zdt.names import literal

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_HAS_ONLY_READ = (
    "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NULL AND NOT EXISTS"
    " (SELECT FROM pg_catalog.pg_locks l"
    " WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"
    " AND l.locktype OPERATOR(pg_catalog.<>) 'virtualxid'"
    " AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock')"
)
_PATH = "SELECT pg_catalog.current_setting('search_path')"


def end_reading(context: MigrationContext) -> None:
    """End the server's transaction if it has only read.

    A transaction goes on if it has written, if it holds a lock, or if env.py began it.
    """
    connection = context.connection
    if connection is None or contexts.has_external_transaction(context):
        return
    if not is_in_transaction(connection):
        return
    path = connection.exec_driver_sql(_PATH).scalar()
    if not connection.exec_driver_sql(_HAS_ONLY_READ).scalar():
        return
    # SQLAlchemy still takes it for open.  That is harmless: it has only read.
    connection.dialect.do_commit(connection.connection)
    if connection.exec_driver_sql(_PATH).scalar() == path:
        connection.dialect.do_commit(connection.connection)
    else:  # it was set for the transaction only
        connection.exec_driver_sql(
            f"SELECT pg_catalog.set_config('search_path', {literal(str(path))}, true)"
        )
