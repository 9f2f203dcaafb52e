"""The planner's statistics of the columns that a backfill has filled.

https://www.postgresql.org/docs/current/sql-analyze.html
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.names import quote

log = logging.getLogger("alembic_zdt")

# By VACUUM or CREATE INDEX CONCURRENTLY, for example, which may take hours.
_LOCKED = (driver_errors.LOCK_NOT_AVAILABLE, driver_errors.DEADLOCK_DETECTED)


def analyze(database: Database, definition: Definition, name: str) -> None:
    """Update the statistics, or leave that to autovacuum if the table stays locked."""
    columns = ", ".join(quote(column) for column in definition.values)
    try:
        database.execute(f"ANALYZE {definition.table.sql} ({columns})")
    except DBAPIError as error:
        if driver_errors.diagnostics(error).sqlstate not in _LOCKED:
            raise
        log.warning(
            "%s: could not lock the table for ANALYZE; autovacuum updates the "
            "statistics later",
            name,
        )
