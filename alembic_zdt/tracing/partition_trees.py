"""The partitions and children of tables.

https://www.postgresql.org/docs/current/catalog-pg-inherits.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName

Trees = Mapping[QualifiedName, Collection[QualifiedName]]

_ANCESTORS = """
WITH RECURSIVE above AS (
    SELECT i.inhrelid AS child, i.inhparent AS parent FROM pg_catalog.pg_inherits i
    UNION SELECT above.child, i.inhparent FROM above
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.parent
)
SELECT c.relname::text, n.nspname::text, p.relname::text, m.nspname::text FROM above
JOIN pg_catalog.pg_class c ON c.oid = above.child
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = above.parent
JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
"""


def trees(connection: Connection) -> Trees:
    """Return the ancestors of each partition and child table."""
    found: dict[QualifiedName, set[QualifiedName]] = {}
    for name, schema, other, other_schema in Database(connection).rows(_ANCESTORS):
        child, parent = QualifiedName(name, schema), QualifiedName(other, other_schema)
        found.setdefault(child, set()).add(parent)
    return found


def with_children(
    tables: Collection[QualifiedName], above: Trees
) -> set[QualifiedName]:
    """Return the tables with all their partitions and children."""
    below = {child for child, parents in above.items() if {*tables} & {*parents}}
    return {*tables, *below}
