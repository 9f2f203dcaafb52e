"""The size and the traffic of a table, from the catalog and the statistics.

https://www.postgresql.org/docs/current/row-estimation-examples.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Size:
    """The size of a table with all its partitions.

    Attributes:
        rows: estimated number of rows.
        bytes: size with indexes and TOAST.
        reads: scans of the table and its indexes per second, since the statistics were
            reset or the server started.
        writes: rows written per second, in the same time.
    """

    rows: int
    bytes: int
    reads: float = 0.0
    writes: float = 0.0

    @property
    def label(self) -> str:
        """Return a text for messages: ``about 1,200,000 rows, 310 MB``."""
        traffic = self.reads + self.writes
        busy = f", {traffic:,.0f} reads and writes a second" if traffic >= 1 else ""
        return f"about {self.rows:,} rows, {_written(self.bytes)}{busy}"


def size_of(database: Database, table: QualifiedName) -> Size | None:
    """Return the size of a table, None if it does not exist or is a view.

    Like the planner, the query multiplies the rows per page at the last ANALYZE by the
    present number of pages.  A table that was never analyzed counts one row for each
    100 bytes.
    """
    found = database.rows(_QUERY.format(oid=table.regclass))
    if not found or found[0][0] is None:
        return None
    rows, size, reads, writes = found[0]
    return Size(int(rows), int(size), float(reads), float(writes))


# The functions behind pg_stat_all_tables: to plan the view takes longer than all else.
_QUERY = """\
WITH RECURSIVE tree AS (
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.oid = {oid} AND c.relkind IN ('r', 'p', 'm', 'i', 'I', 't', 'S')
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i
    JOIN tree t ON i.inhparent = t.oid
), part AS (
    SELECT c.relpages, c.reltuples::float8 AS reltuples,
        pg_catalog.pg_relation_size(c.oid)::float8 AS heap,
        pg_catalog.pg_total_relation_size(c.oid)::float8 AS total,
        pg_catalog.pg_stat_get_numscans(c.oid) + (
            SELECT coalesce(sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)), 0)
            FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid) AS scans,
        pg_catalog.pg_stat_get_tuples_inserted(c.oid)
            + pg_catalog.pg_stat_get_tuples_updated(c.oid)
            + pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS writes
    FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
), since AS (
    SELECT greatest(1, extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(
        (SELECT pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)
         FROM pg_catalog.pg_database d
         WHERE d.datname = pg_catalog.current_database()),
        pg_catalog.pg_postmaster_start_time()))) AS seconds
)
SELECT (sum(CASE WHEN p.relpages > 0 AND p.reltuples >= 0
        THEN p.reltuples / p.relpages * p.heap
            / pg_catalog.current_setting('block_size')::float8
        ELSE p.heap / 100 END))::numeric,
    (sum(p.total))::numeric,
    sum(p.scans) / max(since.seconds),
    sum(p.writes) / max(since.seconds)
FROM part p CROSS JOIN since"""


def _written(size: int) -> str:
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.3g} {_UNITS[unit]}"
