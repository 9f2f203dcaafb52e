"""The effect of an ALTER TABLE: a scan, a rewrite or an index build.

The statement runs on an empty copy of the table, and is rolled back.  The copy has
neither foreign keys nor triggers, and all its constraints are valid.  The TimeZone of
the session decides whether a change of ``timestamptz`` is free, so the answer holds for
sessions of this package.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.server_facts import PROBE


@dataclass(frozen=True)
class Effect:
    """The work of a change, apart from the lock that it takes.

    Attributes:
        rewrites: whether the table is rewritten.
        scans: whether the table is read from end to end.
        builds: whether an index is built.
    """

    rewrites: bool
    scans: bool
    builds: bool

    @property
    def is_short(self) -> bool:
        """Check whether only the catalog changes."""
        return not (self.rewrites or self.scans or self.builds)


def effect_of(database: Database, table: QualifiedName, action: str) -> Effect:
    """Run ``ALTER TABLE <table> <action>`` on a copy, which the caller rolls back.

    Args:
        database: a connection in a transaction, or a savepoint.
        table: the table to copy.
        action: the text after the name of the table.
    """
    copy = f"CREATE TEMPORARY TABLE {PROBE.name} (LIKE {table.sql} INCLUDING ALL)"
    database.execute(copy)
    files, scans = _state(database)
    database.execute(f"ALTER TABLE {PROBE.sql} {action}")
    files_then, scans_then = _state(database)
    own, own_then = files.pop(_HEAP), files_then.pop(_HEAP)
    return Effect(
        rewrites=own != own_then,
        scans=scans_then > scans,
        builds=not files_then.keys() <= files.keys(),
    )


_HEAP = "heap"


def _state(database: Database) -> tuple[dict[str, str], int]:
    """Return the files of the copy and its indexes, and how often it was scanned."""
    rows = database.rows(
        "SELECT c.relfilenode::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {PROBE.regclass}"
    )
    files = {row[0]: row[0] for row in rows}
    files[_HEAP], scans = database.rows(
        "SELECT c.relfilenode::text, coalesce(s.seq_scan, 0)"
        " FROM pg_catalog.pg_class c"
        " LEFT JOIN pg_catalog.pg_stat_xact_all_tables s ON s.relid = c.oid"
        f" WHERE c.oid = {PROBE.regclass}"
    )[0]
    return files, int(scans)
