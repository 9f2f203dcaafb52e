"""The columns of all tables at once.

https://www.postgresql.org/docs/current/catalog-pg-attribute.html
"""

from __future__ import annotations

from alembic_zdt.catalog.database import Database
from alembic_zdt.names import QualifiedName


def columns_of_all_tables(database: Database) -> dict[QualifiedName, list[str]]:
    """Return the columns of each table outside of system schemas, in their order."""
    rows = database.rows(
        "SELECT n.nspname::text, c.relname::text, pg_catalog.array_agg("
        "a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        " AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
        " GROUP BY 1, 2"
    )
    return {QualifiedName(name, schema): columns for schema, name, columns in rows}
