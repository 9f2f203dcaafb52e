"""Questions for ``Oracle.ask`` about tables, columns, indexes and constraints.

https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import constraint as constraint_sql
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal


def kind(database: Database, table: QualifiedName) -> str | None:
    """Return ``pg_class.relkind``, None if there is no such relation."""
    found = database.value(
        f"SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = {table.regclass}"
    )
    return None if found is None else str(found)


def most_rows(database: Database) -> int:
    """Return the rows of the largest table, estimated from the statistics alone."""
    return int(
        database.value(
            "SELECT coalesce(max(greatest(c.reltuples::float8,"
            " pg_catalog.pg_stat_get_live_tuples(c.oid), 0)), 0)"
            " FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 't', 'm', 'p') AND n.nspname"
            " NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'"
        )
    )


def table_of_index(database: Database, index: QualifiedName) -> QualifiedName | None:
    """Return the table of an index with its schema, None if there is no such index."""
    rows = database.rows(
        "SELECT c.relname::text, n.nspname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE i.indexrelid = {index.regclass}"
    )
    return QualifiedName(*rows[0]) if rows else None


def columns_of_index(database: Database, index: QualifiedName) -> list[str] | None:
    """Return the columns of an index, with those of INCLUDE.

    Return None if there is no such index, or if it has only expressions.
    """
    rows = database.rows(
        "SELECT a.attname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        f" WHERE i.indexrelid = {index.regclass}"
        " ORDER BY pg_catalog.array_position(i.indkey, a.attnum)"
    )
    return [row[0] for row in rows] or None


def included_in_index(database: Database, index: QualifiedName) -> list[str] | None:
    """Return the columns of INCLUDE of an index, None if it has none."""
    rows = database.rows(
        "SELECT a.attname::text FROM pg_catalog.pg_index i"
        " CROSS JOIN pg_catalog.unnest(i.indkey::int2[])"
        " WITH ORDINALITY k(attnum, place)"
        " JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
        f" WHERE i.indexrelid = {index.regclass} AND k.place > i.indnkeyatts"
        " ORDER BY k.place"
    )
    return [row[0] for row in rows] or None


def constraint_of_index(database: Database, index: QualifiedName) -> str:
    """Return the name of the constraint that needs an index, empty if none does."""
    found = database.value(
        "SELECT k.conname::text FROM pg_catalog.pg_constraint k"
        f" WHERE k.conindid = {index.regclass} AND k.contype IN ('p', 'u', 'x')"
    )
    return str(found or "")


def indexes_on(
    database: Database, table: QualifiedName, columns: Sequence[str]
) -> dict[str, bool]:
    """Return the valid btree indexes whose first columns are these, in any order.

    Each name has a flag: whether the index has exactly these columns in this order.
    Partial indexes are left out.
    """
    wanted = ", ".join(map(literal, columns))
    first = f"own.names[1:{len(columns)}]"
    rows = database.rows(
        f"SELECT own.name, own.names = ARRAY[{wanted}]::text[]"
        " FROM (SELECT c.relname::text AS name, ARRAY(SELECT a.attname::text"
        " FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)"
        " LEFT JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
        " WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS names"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_am m ON m.oid = c.relam"
        f" WHERE i.indrelid = {table.regclass} AND i.indisvalid"
        " AND i.indpred IS NULL AND m.amname = 'btree') own"
        f" WHERE {first} @> ARRAY[{wanted}]::text[]"
        f" AND {first} <@ ARRAY[{wanted}]::text[] ORDER BY 1"
    )
    return {row[0]: bool(row[1]) for row in rows}


def is_in_foreign_key(database: Database, table: QualifiedName, column: str) -> bool:
    """Check whether a foreign key is on the column or refers to it."""
    return database.holds(constraint_sql.is_in_foreign_key(table, column))


def views_of_column(database: Database, table: QualifiedName, column: str) -> list[str]:
    """Return the names of the views that show or use a column."""
    rows = database.rows(
        "SELECT DISTINCT v.relname::text FROM pg_catalog.pg_depend d"
        " JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid"
        " JOIN pg_catalog.pg_class v ON v.oid = r.ev_class"
        " JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
        " WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        f" AND d.refobjid = {table.regclass} AND v.oid <> d.refobjid"
        f" AND a.attname = {literal(column)} ORDER BY 1"
    )
    return [row[0] for row in rows]


def types(
    database: Database, table: QualifiedName, columns: Sequence[str]
) -> list[str] | None:
    """Return the types of columns without their sizes, None if a column is missing."""
    rows = database.rows(
        "SELECT attname::text, pg_catalog.format_type(atttypid, NULL)"
        f" FROM pg_catalog.pg_attribute WHERE attrelid = {table.regclass}"
        " AND attnum > 0 AND NOT attisdropped"
    )
    found = {row[0]: str(row[1]) for row in rows}
    return [found[name] for name in columns] if {*columns} <= found.keys() else None


def has_tables(database: Database, version_table: str) -> bool:
    """Check whether the database has tables or views of the application."""
    return database.holds(
        "EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
        " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND n.nspname <> ALL (ARRAY['pg_catalog', 'information_schema'])"
        " AND n.nspname !~ '^pg_' AND c.relname !~ '^alembic_zdt_'"
        f" AND c.relname <> {literal(version_table)})"
    )
