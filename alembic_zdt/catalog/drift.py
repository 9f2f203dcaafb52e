"""Find faults in a database that a comparison with the models cannot see.

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
)

_HASH = "_[0-9a-f]{8}$"


INVALID_INDEX = "invalid-index"
NOT_VALID_CONSTRAINT = "not-valid-constraint"
LEFTOVER = "leftover"


def drift(database: Database) -> list[Finding]:
    """Return all faults outside of the system schemas."""
    windows = open_windows(database)
    return [
        *invalid_indexes(database),
        *not_valid_constraints(database),
        *window_faults(database),
        *_leftovers(database, windows),
    ]


def invalid_indexes(database: Database) -> Iterator[Finding]:
    """Yield INVALID indexes that no session is building."""
    rows = database.rows(
        "SELECT n.nspname::text, i.relname::text, t.relname::text,"
        f" {is_of_reindex('x')} FROM pg_catalog.pg_index x"
        " JOIN pg_catalog.pg_class t ON t.oid = x.indrelid"
        " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace"
        # The index of a partitioned table waits for those of its partitions.
        f" WHERE NOT x.indisvalid AND i.relkind = 'i' AND {IN_USER_SCHEMA}"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
        " WHERE p.index_relid = i.oid) ORDER BY 1, 2"
    )
    for schema, name, table, is_copy in rows:
        index = QualifiedName(name, schema)
        call = f"op.reindex_concurrently({name!r}, schema={schema!r})"
        if is_copy:  # the next REINDEX makes another one
            call = f"op.drop_index_concurrently({name!r}, {table!r}, schema={schema!r})"
        yield Finding(
            Severity.WARNING,
            f'index "{index.label}" is INVALID: no query uses it, and every write '
            "maintains it",
            call,
            INVALID_INDEX,
            index.label,
        )


def not_valid_constraints(database: Database) -> Iterator[Finding]:
    """Yield constraints that older rows may violate, except those not enforced."""
    for name, owner in unvalidated_constraints(database):
        if name.startswith(f"{SYNC_CHECK}_"):
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


def _leftovers(database: Database, windows: Sequence[OpenWindow]) -> Iterator[Finding]:
    checks = {window.check for window in windows}
    columns = {(w.table.label, column) for w in windows for column in w.columns}
    columns |= columns_of_triggers(database)
    tables = {window.table.label for window in windows}
    for schema, name in database.rows(_FUNCTIONS):
        if name not in checks:
            function = QualifiedName(name, schema)
            dropping = f"DROP FUNCTION {function.sql}()"
            yield _leftover("function", function.label, dropping)
    for schema, table, column in database.rows(_COLUMNS):
        owner = QualifiedName(table, schema)
        if (owner.label, column) not in columns:
            call = _dropping(table, column, schema)
            yield _leftover("column", f"{owner.label}.{column}", call)
    for schema, table, column, sequence in database.rows(_SEQUENCES):
        call = _dropping(table, column, schema)
        yield _leftover("sequence", QualifiedName(sequence, schema).label, call)
    for schema, table, index, *root in database.rows(_INDEXES):
        owner = QualifiedName(*root)
        if index.startswith(f"{COPY}_") and owner.label in tables:
            continue
        call = f"op.drop_index_concurrently({index!r}, {table!r}, schema={schema!r})"
        yield _leftover("index", QualifiedName(index, schema).label, call)


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
