"""Detect changes of tables in the catalog since steps were computed.

The ``xmin`` of a catalog row is the transaction that wrote it.  So a text of all
catalog rows that belong to a table, or depend on it, shows each change.  These are the
rows of indexes, constraints, triggers, views, rules, policies, rights and statistics
objects.  Rows of the table, VACUUM and ANALYZE do not change it.
https://www.postgresql.org/docs/current/ddl-system-columns.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import partition
from alembic_zdt.names import QualifiedName

_CLASS = "'pg_catalog.pg_class'::pg_catalog.regclass"
_RULE = "'pg_catalog.pg_rewrite'::pg_catalog.regclass"
# The relations themselves, and the views above them.
_RELATIONS = f"""zdt_on AS (SELECT tree.oid FROM tree WHERE tree.oid IS NOT NULL
  UNION SELECT r.ev_class FROM zdt_on
    JOIN pg_catalog.pg_depend d ON d.refobjid = zdt_on.oid AND d.refclassid = {_CLASS}
      AND d.classid = {_RULE}
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid)"""
_OF = {
    "pg_class": ("oid", ("oid",)),
    "pg_attribute": ("attnum", ("attrelid",)),
    "pg_attrdef": ("oid", ("adrelid",)),
    "pg_constraint": ("oid", ("conrelid", "confrelid")),
    "pg_index": ("indexrelid", ("indrelid",)),
    "pg_trigger": ("oid", ("tgrelid",)),
    "pg_policy": ("oid", ("polrelid",)),
    "pg_rewrite": ("oid", ("ev_class",)),
    "pg_statistic_ext": ("oid", ("stxrelid",)),
    "pg_publication_rel": ("oid", ("prrelid",)),
    "pg_inherits": ("inhrelid", ("inhrelid", "inhparent")),
    "pg_description": ("objsubid", ("objoid",)),
}
"""For each catalog: the column that identifies a row, and those with a relation."""


def fingerprint(tables: Sequence[QualifiedName]) -> str:
    """Return SQL for a text that changes with the catalog rows of the tables."""
    parts = ", ".join(_of_table(table) for table in tables)
    return f"pg_catalog.md5(pg_catalog.concat_ws(',', {parts}))"


def _of_table(table: QualifiedName) -> str:
    rows = " UNION ALL ".join(_rows(catalog) for catalog in _OF)
    depending = (
        "SELECT pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.deptype)"
        f" FROM pg_catalog.pg_depend d WHERE d.refclassid = {_CLASS}"
        " AND d.refobjid = ANY (ARRAY(SELECT zdt_on.oid FROM zdt_on))"
    )
    return (
        # Preconditions look for objects on partitions alone.
        f"({partition.tree(table, members=False)}, {_RELATIONS} SELECT"
        " string_agg(x.row, ',' ORDER BY x.row)"
        f" FROM ({rows} UNION ALL {depending}) x (row))"
    )


def _rows(catalog: str) -> str:
    key, relations = _OF[catalog]
    # An array is looked up in an index, however many rows the catalog has.
    them = "ANY (ARRAY(SELECT zdt_on.oid FROM zdt_on))"
    where = " OR ".join(f"c.{column} = {them}" for column in relations)
    return (
        f"SELECT pg_catalog.concat_ws(' ', '{catalog}', c.{relations[0]}, c.{key},"
        f" c.xmin) FROM pg_catalog.{catalog} c WHERE {where}"
    )
