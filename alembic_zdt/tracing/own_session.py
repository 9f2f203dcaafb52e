"""Questions that only the traced session itself can answer.

They are sent over the driver's connection, so that no listener of SQLAlchemy hears
them.
https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-FUNCS-TABLE
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName
from alembic_zdt.qualified import qualified

# The session's own counters have what it has not reported yet, so a report does not
# change the sum.
_TABLES = qualified(f"""
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relfilenode::int8,
    coalesce(pg_stat_get_xact_numscans(c.oid), 0) + pg_stat_get_numscans(c.oid),
    coalesce(pg_stat_get_xact_tuples_returned(c.oid), 0)
        + pg_stat_get_tuples_returned(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {IN_USER_SCHEMA}
""")


@dataclass(frozen=True)
class TableState:
    """A table as the session sees it.

    Attributes:
        name: its name.
        file: the number of the file that stores its rows.
        scans: the number of scans of the whole table so far.
        rows_read: the number of rows that those scans have read.
    """

    name: QualifiedName
    file: int
    scans: int
    rows_read: int


Tables = Mapping[int, TableState]


def send(connection: Connection, sql: str) -> Sequence[Any]:
    """Send a statement over the driver's connection, and return its rows, if any."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


def identity(connection: Connection) -> tuple[str, int]:
    """Return the name of the database and the process of the session.

    The driver knows both.  A query would begin a transaction, and then it would be too
    late for SET TRANSACTION.
    """
    driver: Any = connection.connection.driver_connection
    info = getattr(driver, "info", None)
    if info is not None:
        return str(info.dbname), int(info.backend_pid)
    return str(connection.engine.url.database), int(driver.get_server_pid())


def tables(connection: Connection) -> Tables:
    """Return the tables by their oids."""
    return {
        oid: TableState(QualifiedName(name, schema), file, scans, read)
        for oid, schema, name, file, scans, read in send(connection, _TABLES)
    }


def lock_timeout(connection: Connection) -> str:
    """Return the setting as PostgreSQL writes it."""
    setting = "SELECT pg_catalog.current_setting('lock_timeout')"
    return str(send(connection, setting)[0][0])


def wal(connection: Connection) -> int:
    """Return how many bytes of WAL the server has written since it was made."""
    position = "SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::int8"
    return int(send(connection, position)[0][0])


def scans(before: Tables, after: Tables) -> dict[QualifiedName, int]:
    """Return the old tables that were read between two looks, with the rows read."""
    return {
        before[oid].name: max(0, table.rows_read - before[oid].rows_read)
        for oid, table in after.items()
        if oid in before and table.scans > before[oid].scans
    }


def rewritten(before: Tables, after: Tables) -> list[QualifiedName]:
    """Return the old tables whose rows were written to new files."""
    return [
        before[oid].name
        for oid, table in after.items()
        if oid in before and table.file != before[oid].file
    ]
