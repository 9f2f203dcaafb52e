"""Transactions of Alembic that have only read, ended before something takes long.

Alembic compares models and database in one, and is given what to write in it.
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_zdt import compat
from alembic_zdt.catalog.session import is_in_transaction
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
    """End the transaction on the server; the next statement begins another one.

    One that has written or holds a lock, or that env.py has begun, goes on.
    """
    connection = context.connection
    if connection is None or compat.has_external_transaction(context):
        return
    if not is_in_transaction(connection):
        return
    path = connection.exec_driver_sql(_PATH).scalar()
    if not connection.exec_driver_sql(_HAS_ONLY_READ).scalar():
        return
    # SQLAlchemy believes that it goes on: nothing was done in it.
    connection.dialect.do_commit(connection.connection)
    if connection.exec_driver_sql(_PATH).scalar() == path:
        connection.dialect.do_commit(connection.connection)
    else:  # it was set for the transaction alone
        connection.exec_driver_sql(
            f"SELECT pg_catalog.set_config('search_path', {literal(str(path))}, true)"
        )
