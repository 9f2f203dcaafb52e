"""The size of the work of a step, from the catalog and the planner's statistics.

No rows are read.  The planner says how many rows a condition leaves, and how wide the
values are that an index or a backfill stores.
https://www.postgresql.org/docs/current/using-explain.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import partition
from alembic_zdt.catalog.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Work, WorkKind

_UNKNOWN_WIDTH = 16
_ENTRY = 20
"""Bytes of an index entry beside its values: header, pointer, alignment, free space."""


@dataclass(frozen=True)
class WorkSize:
    """The size of the work of a step.

    Attributes:
        bytes: the pages of the table that are read, without indexes and TOAST.
        rows: of the table, as the planner estimates them.
        chosen: rows that are stored or changed.
        stored: bytes of the new index, or of the new row versions.
        indexes: of the table, which a changed row gets a new entry in.
        other_bytes: the pages of the table that a foreign key refers to.
    """

    bytes: int
    rows: int
    chosen: int
    stored: int
    indexes: int = 0
    other_bytes: int = 0


def size_of(database: Database, work: Work) -> WorkSize | None:
    """Return the size of the work, None if its table does not exist or has no rows."""
    tables = [work.table, *([work.other] if work.other else [])]
    found = [database.rows(_TABLE.format(tree=partition.tree(t)))[0] for t in tables]
    size, rows, indexes, all_indexes = found[0]
    if not rows:
        return None
    other_bytes = int(found[1][0] or 0) if work.other else 0
    chosen, width = int(rows), int(size / max(rows, 1))
    if work.kind in {WorkKind.INDEX, WorkKind.BACKFILL}:
        chosen, asked = _planned(database, work, chosen)
        width = width if work.kind is WorkKind.BACKFILL else asked + _ENTRY
    stored = chosen * width
    if work.kind is WorkKind.INDEX and not work.values:
        stored = _existing(database, work.index) if work.index else int(all_indexes)
    return WorkSize(int(size), int(rows), chosen, stored, int(indexes), other_bytes)


def _planned(database: Database, work: Work, rows: int) -> tuple[int, int]:
    """Return how many rows the planner expects, and how wide the values are.

    A column that an earlier step of the plan adds is not there yet.  Then all rows
    count, of a usual width.
    """
    values = ", ".join(work.values) or "1"
    condition = f" WHERE {work.where}" if work.where else ""
    query = f"SELECT {values} FROM {work.table.sql}{condition}"  # noqa: S608
    try:
        (first,), *_ = database.rows(f"EXPLAIN {query}", as_written=True)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return rows, _UNKNOWN_WIDTH
    found = _ROWS_AND_WIDTH.search(str(first))
    return (int(found[1]), int(found[2])) if found else (rows, _UNKNOWN_WIDTH)


def _existing(database: Database, index: QualifiedName) -> int:
    found = database.value(_INDEX.format(tree=partition.tree(index)))
    return int(found or 0)


_ROWS_AND_WIDTH = re.compile(r"rows=(\d+) width=(\d+)")

_INDEX = """\
{tree} SELECT sum(pg_catalog.pg_relation_size(oid))::int8 FROM tree"""

# A table that was never analyzed counts one row for each 100 bytes.
_TABLE = """\
{tree}, part AS (
    SELECT c.oid, c.relpages, c.reltuples::float8 AS reltuples,
        pg_catalog.pg_relation_size(c.oid)::float8 AS heap,
        pg_catalog.pg_indexes_size(c.oid)::float8 AS indexes
    FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
    WHERE c.relkind IN ('r', 'm')
)
SELECT coalesce(sum(heap), 0)::int8,
    coalesce(sum(CASE WHEN relpages > 0 AND reltuples >= 0
        THEN reltuples / relpages * heap
            / pg_catalog.current_setting('block_size')::float8
        ELSE heap / 100 END), 0)::int8,
    (SELECT count(*) FROM pg_catalog.pg_index i
     WHERE i.indrelid = (SELECT min(oid) FROM part)),
    coalesce(sum(indexes), 0)::int8
FROM part"""
