"""Find faults in a database that a comparison with the models cannot see.

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.catalog.constraint import unvalidated_constraints
from alembic_zdt.catalog.index import is_of_reindex
from alembic_zdt.catalog.windows.open_windows import OpenWindow, open_windows
from alembic_zdt.catalog.windows.window_faults import columns_of_triggers, window_faults
from alembic_zdt.connection.database import Database
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.names import (
    COPY,
    IN_USER_SCHEMA,
    NUMBERS,
    SYNC_CHECK,
    QualifiedName,
    literal,
)

_HASH = "_[0-9a-f]{8}$"


INVALID_INDEX = "invalid-index"
NOT_VALID_CONSTRAINT = "not-valid-constraint"
LEFTOVER = "leftover"


def drift(database: Database, schema: str | None = None) -> list[Finding]:
    """Return all faults of a schema, or of all schemas outside of the system."""
    windows = open_windows(database)
    return [
        *invalid_indexes(database, schema),
        *not_valid_constraints(database, schema),
        *window_faults(database, schema),
        *_leftovers(database, windows, schema),
    ]


def invalid_indexes(database: Database, schema: str | None = None) -> Iterator[Finding]:
    """Yield INVALID indexes, of one schema or of all, that no session is building."""
    only = "true" if schema is None else f"n.nspname = {literal(schema)}"
    rows = database.rows(
        "SELECT n.nspname::text, i.relname::text, t.relname::text,"
        f" {is_of_reindex('x')} FROM pg_catalog.pg_index x"
        " JOIN pg_catalog.pg_class t ON t.oid = x.indrelid"
        " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace"
        # The index of a partitioned table waits for those of its partitions.
        f" WHERE NOT x.indisvalid AND i.relkind = 'i' AND {IN_USER_SCHEMA} AND {only}"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
        " WHERE p.index_relid = i.oid) ORDER BY 1, 2"
    )
    for place, name, table, is_copy in rows:
        index = QualifiedName(name, place)
        call = f"op.reindex_concurrently({name!r}, schema={place!r})"
        if is_copy:  # the next REINDEX makes another one
            call = f"op.drop_index_concurrently({name!r}, {table!r}, schema={place!r})"
        yield Finding(
            Severity.WARNING,
            f'index "{index.label}" is INVALID: no query uses it, and every write '
            "maintains it",
            call,
            INVALID_INDEX,
            index.label,
        )


def not_valid_constraints(
    database: Database, schema: str | None = None
) -> Iterator[Finding]:
    """Yield constraints, of one schema or of all, that older rows may violate.

    Those that are not enforced are left out.
    """
    for name, owner in unvalidated_constraints(database):
        if name.startswith(f"{SYNC_CHECK}_") or schema not in {None, owner.schema}:
            continue
        call = f"op.validate_constraint({name!r}, {owner.name!r}"
        yield Finding(
            Severity.WARNING,
            f'constraint "{name}" of "{owner.label}" is NOT VALID: older rows may '
            "violate it",
            f"{call}, schema={owner.schema!r})",
            NOT_VALID_CONSTRAINT,
            f"{owner.label}.{name}",
        )


def _leftovers(
    database: Database, windows: Sequence[OpenWindow], only: str | None
) -> Iterator[Finding]:
    checks = {window.check for window in windows}
    columns = {(w.table.label, column) for w in windows for column in w.columns}
    columns |= columns_of_triggers(database)
    tables = {window.table.label for window in windows}
    for schema, name in _rows(database, _FUNCTIONS, only):
        if name not in checks:
            function = QualifiedName(name, schema)
            dropping = f"DROP FUNCTION {function.sql}()"
            yield _leftover("function", function.label, dropping)
    for schema, table, column in _rows(database, _COLUMNS, only):
        owner = QualifiedName(table, schema)
        if (owner.label, column) not in columns:
            call = _dropping(table, column, schema)
            yield _leftover("column", f"{owner.label}.{column}", call)
    for schema, table, column, sequence in _rows(database, _SEQUENCES, only):
        call = _dropping(table, column, schema)
        yield _leftover("sequence", QualifiedName(sequence, schema).label, call)
    for schema, table, index, *root in _rows(database, _INDEXES, only):
        owner = QualifiedName(*root)
        if index.startswith(f"{COPY}_") and owner.label in tables:
            continue
        call = f"op.drop_index_concurrently({index!r}, {table!r}, schema={schema!r})"
        yield _leftover("index", QualifiedName(index, schema).label, call)


def _rows(database: Database, query: str, only: str | None) -> Iterator[Any]:
    """Yield the rows of a query, which begin with the schema, of one schema or all."""
    return (row for row in database.rows(query) if only in {None, row[0]})


def _dropping(table: str, column: str, schema: str) -> str:
    return f"op.contract_drop_column({table!r}, {column!r}, schema={schema!r})"


def _leftover(kind: str, name: str, suggestion: str) -> Finding:
    message = f'{kind} "{name}" is left over from a workflow that was not ended'
    return Finding(Severity.WARNING, message, suggestion, LEFTOVER, name)


_FUNCTIONS = (
    "SELECT n.nspname::text, p.proname::text FROM pg_catalog.pg_proc p"
    " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    f" WHERE p.proname ~ '^{SYNC_CHECK}_.*{_HASH}'"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid)"
    " ORDER BY 1, 2"
)
_COLUMNS = (
    "SELECT n.nspname::text, c.relname::text, a.attname::text"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped"
    f" AND a.attname ~ '^zdt_.*{_HASH}' AND {IN_USER_SCHEMA} ORDER BY 1, 2, 3"
)
_SEQUENCES = (
    "SELECT n.nspname::text, c.relname::text, a.attname::text, s.relname::text"
    " FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n"
    " ON n.oid = s.relnamespace JOIN pg_catalog.pg_depend d ON d.objid = s.oid"
    " AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a'"
    " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid"
    f" WHERE s.relkind = 'S' AND s.relname ~ '^{NUMBERS}_.*{_HASH}' ORDER BY 1, 2, 3"
)
_INDEXES = (
    "SELECT n.nspname::text, c.relname::text, i.relname::text, r.relname::text,"
    " m.nspname::text"
    " FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_catalog.pg_class c ON c.oid = x.indrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    # A window belongs to the whole partition tree.
    " JOIN pg_catalog.pg_class r"
    " ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)"
    " JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace"
    f" WHERE i.relname ~ '^(zdt_new|{COPY})_' AND {IN_USER_SCHEMA} AND x.indisvalid"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k"
    " WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))"
    " ORDER BY 1, 2, 3"
)
