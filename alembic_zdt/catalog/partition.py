"""Partition trees, read without a lock on any of their members.

``pg_partition_tree()`` would wait for ACCESS SHARE on each of them.  Then a lock on one
partition would prevent even the report of the blockers.
https://www.postgresql.org/docs/current/catalog-pg-inherits.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName


def tree(root: QualifiedName, *, members: bool = True) -> str:
    """Return a CTE named ``tree``: rows of (oid, parent, level), the root at level 0.

    Args:
        root: the relation at the top.
        members: whether to return all members of the tree, or the root alone.
    """
    below = (
        " UNION ALL SELECT h.inhrelid, h.inhparent, tree.level + 1"
        " FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.oid"
        " WHERE NOT h.inhdetachpending"
    )
    return (
        f"WITH RECURSIVE tree AS (SELECT {root.regclass}::oid AS oid,"
        f" NULL::oid AS parent, 0 AS level{below if members else ''})"
    )
