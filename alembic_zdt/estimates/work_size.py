"""The size of the work of a step, from the catalog and a sample of the table.

The sample is a hundred pages.  It shows which share of the rows fulfils a condition,
and how wide the values of an index are.
https://www.postgresql.org/docs/current/sql-select.html
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import partition, storage
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Work, WorkKind

UNKNOWN_WIDTH = 16
"""Bytes of the values of a row in an index, if they cannot be sampled."""

_SAMPLED_PAGES = 100

HEADER = {WorkKind.INDEX: 20, WorkKind.BACKFILL: 4}
"""Bytes of an entry in addition to its values: header, pointer, alignment."""


@dataclass(frozen=True)
class WorkSize:
    """The size of the work of a step.

    Attributes:
        bytes: the size of the table in bytes, without indexes and TOAST.
        rows: the number of rows of the table, as the planner estimates it.
        chosen: the number of rows that are stored or changed.
        stored: the size of the new index, or of the new row versions, in bytes.
        indexes: the number of indexes of the table.
        other_bytes: the size of the table that a foreign key refers to, in bytes.
    """

    bytes: int
    rows: int
    chosen: int
    stored: int
    indexes: int = 0
    other_bytes: int = 0


def size_of(database: Database, work: Work, least: int = 1) -> WorkSize | None:
    """Return the size of the work, None if its table does not exist or is small.

    Args:
        database: a connection in autocommit mode.
        work: the work of a step.
        least: the size of the smallest table to measure, in bytes; a smaller table is
            not sampled.
    """
    size, rows, indexes, all_indexes, blocks = _table(database, work.table)
    if not rows or size < least:
        return None
    other = _table(database, work.other)[0] if work.other else 0
    chosen, stored = rows, 0
    if work.kind in {WorkKind.INDEX, WorkKind.BACKFILL}:
        share, width = _sampled(database, work, blocks)
        if work.kind is WorkKind.BACKFILL:
            width = size / rows  # what is TOASTed stays where it is
        chosen = round(rows * share)
        stored = round(chosen * (width + HEADER[work.kind]))
    if work.kind is WorkKind.INDEX and not work.values:
        stored = _existing(database, work.index) if work.index else all_indexes
    return WorkSize(size, rows, chosen, stored, indexes, other)


def _table(database: Database, table: QualifiedName) -> tuple[int, ...]:
    (found,) = database.rows(_TABLE.format(tree=partition.tree(table)))
    return tuple(map(int, found))


def _sampled(database: Database, work: Work, blocks: int) -> tuple[float, float]:
    """Return the share of rows that the work stores, and the width of one in bytes.

    A column that an earlier step of the plan adds does not exist yet.  Then all rows
    count, with a usual width.
    """
    executed = [work.where, *_indexed(work)]
    if any(executed) and storage.calls_volatile(database, executed):
        return 1.0, UNKNOWN_WIDTH
    condition = f"({work.where or 'true'})"
    percent = min(100.0, 100.0 * _SAMPLED_PAGES / max(blocks, 1))
    query = (
        f"SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE {condition}),"  # noqa: S608
        f" pg_catalog.avg({_width(work)}) FILTER (WHERE {condition})"
        f" FROM {work.table.sql} TABLESAMPLE SYSTEM ({percent:.6f})"
    )
    try:
        ((rows, chosen, width),) = database.rows(query, as_written=True)
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return 1.0, UNKNOWN_WIDTH
    # The sample may contain no row of a rare kind.
    share = (chosen or 0.5) / rows if rows else 1.0
    return min(share, 1.0), float(width or UNKNOWN_WIDTH)


def _indexed(work: Work) -> tuple[str, ...]:
    return work.values if work.kind is WorkKind.INDEX else ()


def _width(work: Work) -> str:
    """Return SQL for the bytes that an index stores of a row, without its header."""
    size = "pg_catalog.pg_column_size"
    stored = (f"coalesce({size}({each}), 0)" for each in _indexed(work))
    return " OPERATOR(pg_catalog.+) ".join(stored) or "0"


def _existing(database: Database, index: QualifiedName) -> int:
    found = database.value(_INDEX.format(tree=partition.tree(index)))
    return int(found or 0)


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
    coalesce(sum(indexes), 0)::int8,
    coalesce(sum(heap) / pg_catalog.current_setting('block_size')::float8, 0)::int8
FROM part"""
