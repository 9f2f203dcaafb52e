"""The user's triggers and rules that an UPDATE of some columns fires.

https://www.postgresql.org/docs/current/catalog-pg-trigger.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import partition
from alembic_zdt.names import SYNC_TRIGGERS, QualifiedName, literal

_ROW, _BEFORE, _UPDATE = 1, 2, 16  # bits of pg_trigger.tgtype


def by_update(table: QualifiedName, columns: Sequence[str]) -> str:
    """Build the query that describes each trigger and rule an UPDATE fires.

    Args:
        table: the table, with its partitions and children.
        columns: the columns that the UPDATE sets.
    """
    is_for_it = (
        "(pg_catalog.cardinality(t.tgattr::int2[]) = 0 OR EXISTS (SELECT"
        " FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.tgrelid"
        f" AND a.attnum = ANY (t.tgattr) AND {_among('a.attname', columns)}))"
    )
    when = (
        f"CASE WHEN t.tgtype & {_BEFORE} > 0 THEN 'BEFORE' ELSE 'AFTER' END,"
        f" CASE WHEN t.tgtype & {_ROW} > 0 THEN 'each row' ELSE 'each batch' END"
    )
    return (
        f"{partition.tree(table)} SELECT words FROM (SELECT 1 AS rank,"
        " t.tgname::text AS name, pg_catalog.format('trigger %I calls %s %s UPDATE,"
        " for %s', t.tgname, t.tgfoid::pg_catalog.regprocedure,"
        f" {when}) AS words FROM tree"
        " JOIN pg_catalog.pg_trigger t ON t.tgrelid = tree.oid"
        f" WHERE NOT t.tgisinternal AND t.tgtype & {_UPDATE} > 0"
        f" AND t.tgenabled <> 'D' AND t.tgname !~ '{SYNC_TRIGGERS}' AND {is_for_it}"
        # Those of the partitions are made by that of the parent.
        " AND t.tgparentid = 0"
        " UNION ALL SELECT 2, w.rulename::text, pg_catalog.format('rule %I is applied"
        " to each batch', w.rulename) FROM tree"
        " JOIN pg_catalog.pg_rewrite w ON w.ev_class = tree.oid"
        " WHERE w.ev_type::text = '2' AND w.ev_enabled <> 'D') f ORDER BY rank, name"
    )


def needed(table: QualifiedName, columns: Sequence[str]) -> str:
    """Build the query that describes triggers and constraints not to be skipped.

    Under ``session_replication_role = replica`` the server checks no foreign key and no
    deferrable constraint, and triggers that are enabled for replicas fire.
    """
    key = (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE"
        " (a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
        " OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))"
        f" AND a.attrelid IN (SELECT oid FROM tree) AND {_among('a.attname', columns)})"
    )
    return (
        f"{partition.tree(table)} SELECT DISTINCT words FROM ("
        "SELECT pg_catalog.format('constraint %I of %s would not be checked',"
        " k.conname, k.conrelid::pg_catalog.regclass) AS words"
        " FROM pg_catalog.pg_constraint k WHERE (k.conrelid IN (SELECT oid FROM tree)"
        " OR k.confrelid IN (SELECT oid FROM tree)) AND k.conparentid = 0"
        f" AND (k.contype = 'f' OR k.condeferrable) AND {key}"
        " UNION ALL SELECT CASE WHEN t.tgenabled = 'R' THEN"
        " pg_catalog.format('trigger %I of %s is ENABLE REPLICA and would fire',"
        " t.tgname, t.tgrelid::pg_catalog.regclass) ELSE"
        " pg_catalog.format('trigger %I of %s keeps two columns equal and is not"
        " ENABLE ALWAYS', t.tgname, t.tgrelid::pg_catalog.regclass) END"
        " FROM pg_catalog.pg_trigger t JOIN tree ON tree.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND (t.tgenabled = 'R'"
        f" OR t.tgname ~ '{SYNC_TRIGGERS}' AND t.tgenabled <> 'A')"
        " UNION ALL SELECT pg_catalog.format('rule %I of %s is %s', w.rulename,"
        " w.ev_class::pg_catalog.regclass, CASE WHEN w.is_instead THEN"
        " 'DO INSTEAD' ELSE 'ENABLE REPLICA' END) FROM pg_catalog.pg_rewrite w"
        " JOIN tree ON tree.oid = w.ev_class WHERE w.ev_type::text = '2'"
        " AND (w.ev_enabled = 'R' OR w.is_instead)) n ORDER BY 1"
    )


def _among(name: str, columns: Sequence[str]) -> str:
    return f"{name}::text = ANY (ARRAY[{', '.join(map(literal, columns))}]::text[])"
