"""Find published tables that cannot be updated without a replica identity.

https://www.postgresql.org/docs/current/logical-replication-publication.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import partition
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import Row


def hint(rows: Sequence[Row]) -> str:
    """Return the hint for tables that lack a replica identity.

    Args:
        rows: the rows that :func:`lacking` returned.
    """
    full = " ".join(f"ALTER TABLE {row[1]} REPLICA IDENTITY FULL;" for row in rows)
    return (
        f"Run {full} or give it a primary key, or name a unique index on NOT NULL"
        " columns with REPLICA IDENTITY USING INDEX; then run the same command again."
    )


def lacking(table: QualifiedName) -> str:
    """Build the query for tables that store rows, are published and cannot be updated.

    It returns rows of (description, table as SQL).

    Args:
        table: the table, with all its partitions.
    """
    has_index = (
        "EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid"
        " AND i.indisvalid AND i.indimmediate AND {})"
    )
    is_known = (
        f"CASE c.relreplident WHEN 'f' THEN true WHEN 'd' THEN"
        f" {has_index.format('i.indisprimary')} WHEN 'i' THEN"
        f" {has_index.format('i.indisreplident')} ELSE false END"
    )
    # A publication may name a partition, its parent, or publish both by the parent.
    published = (
        "SELECT min(p.pubname::text) FROM pg_catalog.pg_publication p"
        " JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname"
        " JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname"
        " JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid"
        " AND r.relname = t.tablename WHERE p.pubupdate"
        " AND (r.oid = c.oid OR r.oid IN (SELECT a.relid"
        " FROM pg_catalog.pg_partition_ancestors(c.oid) a))"
    )
    return (
        f"{partition.tree(table)} SELECT pg_catalog.format('%s, in publication %I',"
        " x.relation, x.publication), x.relation FROM (SELECT"
        f" c.oid::pg_catalog.regclass::text AS relation, ({published}) AS publication"
        " FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " WHERE EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubupdate)"
        f" AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT ({is_known})) x"
        " WHERE x.publication IS NOT NULL ORDER BY 1"
    )
