"""Measure the WAL, the disk space and the dead rows of a database.

https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA

# The sizes of tables would wait for a lock that a revision has left.
_USE = f"""
SELECT (pg_current_wal_insert_lsn() - '0/0')::int8,
    pg_database_size(current_database()),
    coalesce(sum(pg_stat_get_dead_tuples(c.oid)), 0)::int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {IN_USER_SCHEMA}
"""


@dataclass(frozen=True)
class DiskUse:
    """A state of a database, or the difference of two.

    Attributes:
        wal: bytes of WAL that the whole server has written.
        size: bytes of the database.
        dead_rows: old versions of rows that vacuum has not removed, as the statistics
            of the server count them.
    """

    wal: int = 0
    size: int = 0
    dead_rows: int = 0

    def since(self, before: DiskUse) -> DiskUse:
        """Return the difference to an earlier state."""
        return DiskUse(
            self.wal - before.wal,
            self.size - before.size,
            self.dead_rows - before.dead_rows,
        )


def disk_use(connection: Connection) -> DiskUse:
    """Return the present state."""
    return DiskUse(*map(int, Database(connection).rows(_USE)[0]))
