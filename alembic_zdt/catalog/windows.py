"""The windows that are open: pairs of columns that a trigger keeps in step.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog.database import Database
from alembic_zdt.names import SYNC_CHECK, QualifiedName


@dataclass(frozen=True)
class OpenWindow:
    """A CHECK constraint that two columns are in step.

    Attributes:
        table: the table.
        check: the name of the constraint.
        columns: the two, in the order in which the table has them.
        is_proven: whether every row is proven to be in step.
    """

    table: QualifiedName
    check: str
    columns: tuple[str, ...]
    is_proven: bool


def open_windows(database: Database) -> list[OpenWindow]:
    """Those of all tables that the role may see, by the name of the table."""
    rows = database.rows(
        "SELECT c.relname::text, n.nspname::text, k.conname::text,"
        " (SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum)"
        " FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid"
        " AND a.attnum = ANY (k.conkey)), k.convalidated"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE k.contype = 'c' AND k.conname LIKE '{SYNC_CHECK}%'"
        " AND NOT c.relispartition ORDER BY 2, 1, 3"
    )
    return [
        OpenWindow(QualifiedName(table, schema), check, tuple(columns), is_proven)
        for table, schema, check, columns, is_proven in rows
    ]
