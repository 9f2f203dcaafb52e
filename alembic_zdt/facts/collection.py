"""Reading the facts of a database, from its catalog and statistics alone.

The planner is asked whether constraints prove that a column has no NULL.  Rows,
definitions and texts of queries are not read.
https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.catalog.lookup import server_version
from alembic_zdt.connection.database import Database
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.facts.exported import (
    WITH_ROWS,
    ExportedColumn,
    ExportedConstraint,
    ExportedDatabase,
    ExportedIndex,
    ExportedName,
    ExportedStep,
    ExportedTable,
)
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.oracle import questions
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.steps import Row

Hide = Callable[[str], str]

SETTINGS = (
    *("autovacuum", "block_size", "idle_in_transaction_session_timeout"),
    *("lock_timeout", "maintenance_work_mem", "max_locks_per_transaction"),
    *("max_parallel_maintenance_workers", "max_wal_size", "shared_buffers"),
    *("statement_timeout", "synchronous_commit", "TimeZone", "wal_compression"),
    "wal_level",
)
"""The settings that decide on locks, on speed, or on what a change rewrites."""


class CatalogOracle(Oracle):
    """Questions about tables whose names come from the catalog."""

    def really(self, table: QualifiedName) -> QualifiedName:
        """Return the table itself: no ``schema_translate_map`` applies to it."""
        return table


@dataclass(frozen=True)
class OwnRecords:
    """The facts that come from the tables of Alembic and of this package.

    Attributes:
        revisions: the current revisions.
        digests: the digests of the applied revisions.
        steps: the steps that were measured on the server.
    """

    revisions: Sequence[str]
    digests: Mapping[str, str]
    steps: Sequence[MeasuredStep]


def collected(
    oracle: CatalogOracle,
    records: OwnRecords,
    settings: Mapping[str, str],
    hide: Hide = str,
) -> ExportedDatabase:
    """Return the facts of a database.

    Args:
        oracle: the database, with the bound of waits for locks.
        records: the facts from the tables of Alembic and of this package.
        settings: the settings of the server, from :func:`settings_in`.
        hide: the function that hashes names, or leaves them.

    Raises:
        DBAPIError: the database cannot be read, for example because of a lock.
    """
    database = Database(oracle.connection)
    name, schemas = database.rows(_PLACE)[0]
    return ExportedDatabase(
        database=hide(name),
        revisions=tuple(sorted(records.revisions)),
        server_version=server_version(database),
        settings=dict(settings),
        search_path=tuple(map(hide, schemas)),
        tables=_tables(database, oracle, hide),
        steps=tuple(map(_step, records.steps)),
        most_rows=questions.most_rows(database),
        digests=dict(sorted(records.digests.items())),
    )


def settings_in(database: Database) -> dict[str, str]:
    """Return the settings of a session, before this package sets its own."""
    names = ", ".join(f"({literal(each)})" for each in SETTINGS)
    setting = "pg_catalog.current_setting(name, true)"
    rows = database.rows(f"SELECT name, {setting} FROM (VALUES {names}) own (name)")  # noqa: S608  # quoted
    return {name: value for name, value in rows if value is not None}


def _step(measured: MeasuredStep) -> ExportedStep:
    size = measured.size
    return ExportedStep(
        kind=measured.kind.value,
        source=measured.source,
        seconds=measured.seconds,
        table_bytes=size.bytes,
        table_rows=size.rows,
        chosen_rows=size.chosen,
        stored_bytes=size.stored,
        indexes=size.indexes,
        other_bytes=size.other_bytes,
    )


def _tables(
    database: Database, oracle: Oracle, hide: Hide
) -> tuple[ExportedTable, ...]:
    relations = {
        int(row[0]): row[1:] for row in database.rows(_RELATIONS.format(shown=_SHOWN))
    }
    names = {
        oid: ExportedName(hide(row[0]), hide(row[1])) for oid, row in relations.items()
    }
    columns = _by_table(database.rows(_COLUMNS.format(shown=_SHOWN)))
    keys = {"columns": _KEY.format("<="), "included": _KEY.format(">")}
    indexes = _by_table(database.rows(_INDEXES.format(shown=_SHOWN, **keys)))
    constraints = _by_table(database.rows(_CONSTRAINTS.format(shown=_SHOWN)))
    found = []
    for oid, (schema, name, kind, is_partition, parents, *numbers) in relations.items():
        table = QualifiedName(name, schema)
        rows, heap, of_indexes, total, reads, writes = numbers
        found.append(
            ExportedTable(
                schema=names[oid].schema,
                name=names[oid].name,
                kind=kind,
                is_partition=is_partition,
                parents=tuple(names[each] for each in parents if each in names),
                rows=int(rows),
                heap_bytes=int(heap),
                index_bytes=int(of_indexes),
                total_bytes=int(total),
                reads=round(float(reads), 3),
                writes=round(float(writes), 3),
                columns=tuple(
                    _column(row, table, kind, oracle, hide) for row in columns[oid]
                ),
                indexes=tuple(_index(row, hide) for row in indexes[oid]),
                constraints=tuple(
                    _constraint(row, names, hide) for row in constraints[oid]
                ),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.schema, each.name)))


def _by_table(rows: Iterable[Row]) -> Mapping[int, list[Sequence[Any]]]:
    found: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for oid, *rest in rows:
        found[int(oid)].append(rest)
    return found


def _column(
    row: Sequence[Any], table: QualifiedName, kind: str, oracle: Oracle, hide: Hide
) -> ExportedColumn:
    name, type_, plain, is_own_type, not_null, is_valid, is_checked, *statistics = row
    width, share, distinct = statistics
    no_null = bool(is_valid)
    if not not_null and is_checked and kind in WITH_ROWS:
        no_null = bool(oracle.has_no_null(table, name))
    return ExportedColumn(
        name=hide(name),
        type=hide(type_) if is_own_type else type_,
        plain_type=hide(plain) if is_own_type else plain,
        not_null=not_null,
        no_null=no_null,
        width=None if width is None else int(width),
        null_share=None if share is None else round(float(share), 6),
        distinct=None if not distinct else round(float(distinct), 6),
    )


def _index(row: Sequence[Any], hide: Hide) -> ExportedIndex:
    name, columns, included, method, unique, valid, partial, size, *others = row
    constraint, parent = (each and hide(each) for each in others)
    return ExportedIndex(
        name=hide(name),
        columns=tuple(None if each is None else hide(each) for each in columns),
        included=tuple(map(hide, included)),
        method=method,
        unique=unique,
        valid=valid,
        partial=partial,
        bytes=int(size),
        constraint=constraint,
        parent=parent,
    )


def _constraint(
    row: Sequence[Any], names: Mapping[int, ExportedName], hide: Hide
) -> ExportedConstraint:
    name, kind, columns, valid, referent = row
    return ExportedConstraint(
        name=hide(name),
        type=kind,
        columns=tuple(map(hide, columns)),
        valid=valid,
        referent=names.get(int(referent)),
    )


_PLACE = """\
SELECT pg_catalog.current_database()::text, pg_catalog.current_schemas(false)::text[]"""

_SHOWN = """\
n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'm', 'v', 'f')"""

# As the planner does it: the rows of a page at the last ANALYZE, and the present pages.
_RELATIONS = """\
WITH since AS (
    SELECT greatest(1, extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(
        (SELECT d.stats_reset FROM pg_catalog.pg_stat_database d
         WHERE d.datname = pg_catalog.current_database()),
        pg_catalog.pg_postmaster_start_time())))::float8 AS seconds
), own AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name,
        c.relkind::text AS kind, c.relispartition,
        ARRAY(SELECT h.inhparent::int8 FROM pg_catalog.pg_inherits h
            WHERE h.inhrelid = c.oid AND NOT h.inhdetachpending
            ORDER BY h.inhseqno) AS parents,
        c.relpages, c.reltuples::float8 AS reltuples, c.relkind IN ('r', 'm') AS stored,
        CASE WHEN c.relkind IN ('r', 'm')
            THEN coalesce(pg_catalog.pg_relation_size(c.oid), 0) ELSE 0 END AS heap
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE {shown}
)
SELECT own.oid::int8, schema, name, kind, relispartition, parents,
    pg_catalog.round(CASE WHEN relpages > 0 AND reltuples >= 0
        THEN reltuples / relpages * heap
            / pg_catalog.current_setting('block_size')::float8
        ELSE heap / 100.0 END)::int8,
    heap::int8,
    CASE WHEN stored THEN coalesce(pg_catalog.pg_indexes_size(own.oid), 0)
        ELSE 0 END::int8,
    CASE WHEN stored THEN coalesce(pg_catalog.pg_total_relation_size(own.oid), 0)
        ELSE 0 END::int8,
    (coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0)) / since.seconds,
    coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) / since.seconds
FROM own CROSS JOIN since
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = own.oid
ORDER BY 1"""

# The planner takes no other condition for a proof, and each question to it takes time.
_COLUMNS = """\
SELECT c.oid::int8, a.attname::text,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    pg_catalog.format_type(a.atttypid, NULL),
    t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace,
    a.attnotnull,
    a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated
        AND k.conkey = ARRAY[a.attnum]),
    EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid
        AND k.contype = 'c' AND k.convalidated AND a.attnum = ANY (k.conkey)
        AND pg_catalog.pg_get_expr(k.conbin, k.conrelid) ~* 'is (not )?null'),
    s.avg_width, s.null_frac::float8, s.n_distinct::float8
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname
    AND s.tablename = c.relname AND s.attname = a.attname
    AND s.inherited = (c.relkind = 'p')
WHERE a.attnum > 0 AND NOT a.attisdropped AND {shown}
ORDER BY c.oid, a.attnum"""

_KEY = """\
ARRAY(SELECT a.attname::text
    FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
    LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE k.place {} i.indnkeyatts ORDER BY k.place)"""

_INDEXES = """\
SELECT c.oid::int8, x.relname::text, {columns}, {included},
    m.amname::text, i.indisunique, i.indisvalid, i.indpred IS NOT NULL,
    coalesce(pg_catalog.pg_relation_size(x.oid), 0)::int8,
    (SELECT k.conname::text FROM pg_catalog.pg_constraint k
     WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x') LIMIT 1),
    (SELECT p.relname::text FROM pg_catalog.pg_inherits h
     JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
     WHERE h.inhrelid = x.oid LIMIT 1)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
WHERE {shown}
ORDER BY c.oid, x.relname"""

_CONSTRAINTS = """\
SELECT c.oid::int8, k.conname::text, k.contype::text,
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
        ORDER BY pg_catalog.array_position(k.conkey, a.attnum)),
    k.convalidated, k.confrelid::int8
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'f', 'n', 'p', 'u', 'x') AND {shown}
ORDER BY c.oid, k.conname"""
