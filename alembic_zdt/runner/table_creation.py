"""Bound the wait for a table of this package that is created or changed.

A transaction that has created an object of that name blocks the creation until it ends.
So does a reader of an older table that lacks a column.  The transaction of the
migration may hold locks that the application waits for meanwhile.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner import blockers
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.settings import Settings, milliseconds, seconds

_STRONG = ", ".join(
    f"'{mode.pg_locks_mode}'" for mode in LockMode if mode.stalls_application
)


@contextmanager
def bounded(
    connection: Connection, table: OwnTable, settings: Settings
) -> Iterator[None]:
    """Set a ``lock_timeout`` while the body creates or changes a table.

    Args:
        connection: the connection of the run; the body must leave its transaction
            usable.
        table: the table that the body creates or changes.
        settings: the settings for locks, with ``lock_timeout`` and ``lock_deadline``.

    Raises:
        LockNotAvailableError: another session holds the table or its name.
    """
    database = Database(connection)
    bound = settings.lock_deadline
    if _stalls_application(database, table.subject):
        bound = settings.lock_timeout
    wanted = (("lock_timeout", f"{milliseconds(bound)}ms"),)
    try:
        with session_settings(database, wanted):
            yield
    except DBAPIError as error:
        found = driver_errors.diagnostics(error)
        if found.sqlstate != driver_errors.LOCK_NOT_AVAILABLE:
            raise
        raise _not_available(database, table.name, settings, bound) from error


def _stalls_application(
    database: Database, version_table: QualifiedName | None
) -> bool:
    """Check whether this transaction holds a lock that the application waits for.

    The version table does not count: the same transaction may have created it.
    """
    other = version_table.regclass if version_table else "NULL"
    return database.holds(
        "EXISTS (SELECT FROM pg_catalog.pg_locks l"
        " JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')"
        " WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'"
        f" AND l.mode IN ({_STRONG})"
        f" AND coalesce(c.oid <> {other}, true))"
    )


def _not_available(
    database: Database, table: QualifiedName, settings: Settings, bound: timedelta
) -> LockNotAvailableError:
    holders = activity.creators(database, table)
    who = blockers.describe(database, holders, queries=settings.show_queries)
    remedy = blockers.ending(holders)
    detail = f"Waited {seconds(bound)}. Another transaction uses the table, or has"
    detail = f"{detail} created an object of that name and has not ended."
    return LockNotAvailableError(
        f'could not create or change "{table.label}": the lock was not free',
        detail=f"{detail} {who}".strip(),
        hint=f"{remedy}, then {RUN_AGAIN}",
        pids=[holder.pid for holder in holders if holder.pid],
    )
