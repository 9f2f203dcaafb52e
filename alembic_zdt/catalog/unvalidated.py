"""Find constraints that PostgreSQL has not checked for all rows.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

from alembic_zdt.catalog.database import Database
from alembic_zdt.names import QualifiedName


def unvalidated_constraints(database: Database) -> list[tuple[str, QualifiedName]]:
    """Return the names of enforced constraints that are NOT VALID, with their tables.

    Args:
        database: in a transaction, or in autocommit mode.
    """
    rows = database.rows(
        "SELECT k.conname::text, c.relname::text, n.nspname::text"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT k.convalidated AND NOT c.relispartition"
        # A constraint that is NOT ENFORCED, from PostgreSQL 18 on, is never validated.
        " AND coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'"
        " ORDER BY 3, 2, 1"
    )
    return [(name, QualifiedName(table, schema)) for name, table, schema in rows]
