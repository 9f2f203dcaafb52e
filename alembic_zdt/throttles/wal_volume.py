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
# The statistics have no such file before the first one, and after a reset.
_POSITIONS = """
WITH server AS (SELECT setting::numeric AS size,
    pg_catalog.pg_current_wal_lsn() - '0/0' AS written FROM pg_catalog.pg_settings
    WHERE name = 'wal_segment_size'),
  archiver AS (SELECT coalesce(last_archived_wal, last_failed_wal) AS file,
    (last_archived_wal IS NOT NULL)::int AS is_done
    FROM pg_catalog.pg_stat_archiver)
SELECT (floor(s.written / s.size) * s.size)::bigint,
  CASE WHEN a.file ~ '^[0-9A-F]{24}'
    THEN (('x' || substr(a.file, 9, 8))::bit(32)::bigint * 4294967296
      + (('x' || substr(a.file, 17, 8))::bit(32)::bigint + a.is_done)
        * s.size)::bigint END,
  pg_catalog.has_function_privilege(
    'pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE')
FROM server s, archiver a
WHERE pg_catalog.current_setting('archive_mode') <> 'off'
"""
_WAITING = """
SELECT (count(*) * pg_catalog.pg_size_bytes(
  pg_catalog.current_setting('wal_segment_size')))::bigint
FROM pg_catalog.pg_ls_archive_statusdir() WHERE name ~ '^[0-9A-F]{24}[.]ready$'
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

    The statistics of the archiver name the last file that it has stored.  If they do
    not, a role with pg_monitor sees the files that wait; another one counts the WAL
    since the last position that is known, at worst that of its first look.

    Args:
        database: a connection to the primary.
        most: the most bytes that may wait.
    """

    name: ClassVar[str] = "the archive backlog"

    def __init__(self, database: Database, most: int) -> None:
        super().__init__(database)
        self._most = most
        self._archived: int | None = None

    def look(self, moment: Moment) -> str:  # noqa: ARG002
        """Describe the backlog if it is too large."""
        rows = self._database.rows(_POSITIONS)
        backlog = self._backlog(*rows[0]) if rows else 0
        if backlog <= self._most:
            return ""
        return (
            f"{bytes_text(backlog)} of WAL are not archived "
            f"(at most {bytes_text(self._most)})"
        )

    def _backlog(self, complete: int, archived: int | None, sees_files: bool) -> int:
        """Return the bytes between two positions, or those of the files that wait."""
        if archived is None and sees_files:
            return int(self._database.value(_WAITING))
        if archived is not None:
            self._archived = archived
        elif self._archived is None:
            self._archived = complete
        return complete - self._archived
