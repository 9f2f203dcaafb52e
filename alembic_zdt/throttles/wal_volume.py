"""Hold while the server writes or keeps too much WAL.

https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ARCHIVER-VIEW
"""

from __future__ import annotations

import time
from typing import ClassVar

from alembic_zdt.connection.database import Database
from alembic_zdt.estimates.estimate_text import bytes_text
from alembic_zdt.throttles.throttle import Moment, Throttle

_WRITTEN = "SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::bigint"
# The name of a segment: 8 digits of the timeline, 8 of the high part of its place, 8 of
# its number within that part.  A file of a backup has more after them.
_BACKLOG = """
WITH server AS (SELECT setting::numeric AS size,
    pg_catalog.pg_current_wal_lsn() - '0/0' AS written FROM pg_catalog.pg_settings
    WHERE name = 'wal_segment_size'),
  archiver AS (SELECT coalesce(last_archived_wal, last_failed_wal) AS file,
    (last_archived_wal IS NOT NULL)::int AS is_done
    FROM pg_catalog.pg_stat_archiver)
SELECT (floor(s.written / s.size) * s.size
  - ('x' || substr(a.file, 9, 8))::bit(32)::bigint * 4294967296
  - (('x' || substr(a.file, 17, 8))::bit(32)::bigint + a.is_done) * s.size)::bigint
FROM server s, archiver a
WHERE pg_catalog.current_setting('archive_mode') <> 'off'
  AND a.file ~ '^[0-9A-F]{24}'
"""


class WalRate(Throttle):
    """The WAL that the whole server writes in a second, that of the work included.

    Args:
        database: a connection to the primary.
        most: the most bytes in a second.
    """

    name: ClassVar[str] = "the WAL rate"

    def __init__(self, database: Database, most: int) -> None:
        super().__init__(database)
        self._most = most
        self._before: tuple[float, int] | None = None

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Describe the rate since the last look if it is too high."""
        now, written = time.monotonic(), int(self._database.value(_WRITTEN))
        before, self._before = self._before, (now, written)
        if before is None:
            return ""
        rate = (written - before[1]) / (now - before[0])
        if rate <= self._most:
            return ""
        return (
            f"the server writes {bytes_text(round(rate))} of WAL a second "
            f"(at most {bytes_text(self._most)})"
        )


class ArchiveBacklog(Throttle):
    """The WAL that is complete and not archived yet.

    Args:
        database: a connection to the primary.
        most: the most bytes that may wait.
    """

    name: ClassVar[str] = "the archive backlog"

    def __init__(self, database: Database, most: int) -> None:
        super().__init__(database)
        self._most = most

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Describe the backlog if it is too large."""
        backlog = int(self._database.value(_BACKLOG) or 0)
        if backlog <= self._most:
            return ""
        return (
            f"{bytes_text(backlog)} of WAL are not archived "
            f"(at most {bytes_text(self._most)})"
        )
