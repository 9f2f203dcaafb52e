"""Find the tables in use: those that are older than this run and hold rows.

The row of a system column in pg_attribute is written when the table is made, and never
again.  So its transaction id shows when that was.
https://www.postgresql.org/docs/current/ddl-system-columns.html
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.cancels import is_ended
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.names import QualifiedName, literal

_NEXT = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8"
_SLACK = 1000
"""Number of running transactions whose ids may be above the snapshot's xmax."""


def next_transaction(database: Database) -> int:
    """Return the next transaction id, which is the least that new tables can have."""
    return int(database.value(f"SELECT {_NEXT}"))


def _is_made_since(begin: int) -> str:
    """Return SQL that is true if table ``c`` was made since a transaction id."""
    passed = (
        "SELECT a.xmin::text::int8 FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attname = 'tableoid'"
    )
    since = f"((({passed}) - {begin % 2**32} + 4294967296) % 4294967296)"
    return (
        f"coalesce(c.relkind IN ('r', 'p') AND {since} <= {_NEXT} - {begin} + {_SLACK},"
        " false)"
    )


def in_use(
    database: Database, tables: Sequence[QualifiedName], begin: int | None
) -> list[QualifiedName]:
    """Return the tables that hold rows and were there before the run.

    Args:
        database: a connection in a transaction.
        tables: the tables to look at; missing ones are left out.
        begin: the transaction id with which the run began, None if unknown.
    """
    made = "false" if begin is None else _is_made_since(begin)
    old = [
        table
        for table in tables
        if database.rows(
            "SELECT 1 FROM pg_catalog.pg_class c"
            f" WHERE c.oid = {table.regclass} AND NOT {made}"
        )
    ]
    return [table for table in old if _has_rows(database, _row_of(table))]


def _row_of(table: QualifiedName) -> str:
    """Return a query that finds a row if the table has one, or may hide one."""
    # A view of a window reads with the rights of its user, or of the table's owner.
    hidden = (
        f"pg_catalog.row_security_active({table.regclass}) OR EXISTS (SELECT"
        " FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.objid = r.oid"
        " AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " JOIN pg_catalog.pg_class b ON b.oid = d.refobjid AND b.relrowsecurity"
        f" WHERE r.ev_class = {table.regclass})"
    )
    return f"SELECT 1 WHERE {hidden} UNION ALL SELECT 1 FROM {table.sql}"


def anything_in_use(
    database: Database, ours: Collection[str], begin: int | None
) -> bool:
    """Check whether any table holds rows and was there before the run.

    Args:
        database: a connection in a transaction.
        ours: names of tables that are not the application's.
        begin: the transaction id of the beginning, as in :func:`in_use`.
    """
    made = "false" if begin is None else _is_made_since(begin)
    names = ", ".join(map(literal, ours))
    return _has_rows(
        database,
        "SELECT FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND c.relpersistence <> 't'"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        f" AND c.relname NOT IN ({names}) AND NOT {made}"
        " AND pg_catalog.pg_relation_size(c.oid) > 0",
    )


def _has_rows(database: Database, query: str) -> bool:
    """Check whether a query finds a row, or cannot tell within its time limit."""
    began = time.monotonic()
    try:
        with undone(database):
            for bound in _BOUNDS:
                database.execute(bound)
            return bool(database.rows(f"SELECT 1 WHERE EXISTS ({query})"))
    except DBAPIError as error:  # no right to read it, or a lock on it
        if error.connection_invalidated or _is_cancel(error, began):
            raise
        return True


def _is_cancel(error: DBAPIError, began: float) -> bool:
    """Check whether another session cancelled the query before its timeout."""
    return is_ended(error) and time.monotonic() - began < _LONGEST


_LONGEST = 2
_BOUNDS = (
    "SET LOCAL lock_timeout = '200ms'",
    f"SET LOCAL statement_timeout = '{_LONGEST}s'",
)
