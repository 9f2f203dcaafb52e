"""A check whether any table is large, repeated when one may have grown.

While no table is large the guard stops nothing, and needs no other answers.  This is
the case on a new database, on which all revisions are run.
https://www.postgresql.org/docs/current/row-estimation-examples.html
"""

from __future__ import annotations

import re
import time

from alembic_zdt.connection import own_process
from alembic_zdt.connection.database import Database
from alembic_zdt.oracle.oracle import Oracle

_LASTS = 1.0
"""Seconds for which an answer is valid, because other sessions may add rows."""

_ADDS_NO_ROWS = re.compile(
    r"""
    \A\s*+(?!.*\b(?:INSERT | COPY | MERGE)\b)(?:
        (?:ALTER | DROP | COMMENT)\b (?!.*\b(?:ATTACH | INHERIT)\b)
        | (?:UPDATE | DELETE)\b
        | CREATE\b (?!.*\bAS\b(?!\s+(?:ENUM | IDENTITY)\b))
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


class LargestTable:
    """The answer whether any table is large, by the planner's estimates.

    Args:
        oracle: the object that queries the database.
        small: number of rows up to which a table is small.
    """

    def __init__(self, oracle: Oracle, small: int) -> None:
        self._oracle, self._small = oracle, small
        self._is_small: bool | None = None
        self._asked = 0.0
        self._sessions = 0

    @property
    def is_small(self) -> bool:
        """Check whether no table is large.

        Once a table is large, the answer stays False.
        """
        if self._is_small is None or self._is_old():
            self._asked = time.monotonic()
            self._sessions = own_process.connected()
            self._is_small = bool(self._oracle.ask(self._find))
        return self._is_small

    @property
    def is_asking(self) -> bool:
        """Check whether this object or the guard is asking the database."""
        return self._oracle.is_asking

    def see(self, statement: str) -> None:
        """Forget the answer before a *statement* that may add rows."""
        if self._is_small and not _ADDS_NO_ROWS.match(statement):
            self._is_small = None

    def _is_old(self) -> bool:
        """Check whether another session may have added rows since the last query."""
        if not self._is_small:
            return False
        is_late = time.monotonic() - self._asked > _LASTS
        return is_late or self._sessions != own_process.connected()

    def _find(self, database: Database) -> bool:
        return database.holds(_QUESTION.format(small=self._small))


# The query reads the sizes of files only if the statistics show no large table.  A
# partitioned table has at most the rows of all partitions in the database.
_QUESTION = """\
(WITH counted AS (
    SELECT c.oid, c.relpages, c.reltuples::float8 AS reltuples,
        greatest(c.reltuples::float8,
            pg_catalog.pg_stat_get_live_tuples(c.oid)::float8, 0) AS known
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN
        ('pg_catalog', 'pg_toast', 'information_schema')
)
SELECT CASE WHEN (SELECT coalesce(max(known), 0) FROM counted) > {small} THEN false
ELSE (
    SELECT coalesce(greatest(max(rows), sum(rows) FILTER (WHERE is_in_tree)), 0)
        <= {small}
    FROM (
        SELECT greatest(known, CASE WHEN relpages > 0 AND reltuples >= 0
                THEN reltuples / relpages * heap
                    / pg_catalog.current_setting('block_size')::float8
                ELSE heap / 100 END) AS rows,
            EXISTS (SELECT FROM pg_catalog.pg_inherits i
                WHERE oid IN (i.inhrelid, i.inhparent)) AS is_in_tree
        FROM (SELECT *, pg_catalog.pg_relation_size(oid)::float8 AS heap
            FROM counted) sized
    ) estimated
) END)"""
