"""Reasons why a column cannot have a twin, or cannot be dropped.

Each query returns rows of (words): sentences without a full stop.
https://www.postgresql.org/docs/current/catalog-pg-depend.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import bridge, partition, trigger
from alembic_zdt.names import (
    COPY,
    SYNC_CHECK,
    QualifiedName,
    literal,
)

DESCRIBED = "pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)"

_OWN_DEFAULT = (
    "d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass"
    " AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f WHERE f.oid = d.objid"
    " AND f.adnum = old.attnum)"
)
_NOT_GENERATED = "old.attgenerated = ''"
# What a partition has of its parent is named for the parent alone.
_GOES_WITH_PARENT = (
    "level > 0 AND (coalesce(k.conparentid <> 0 OR k.coninhcount > 0, false)"
    " OR coalesce(t.tgparentid <> 0, false) OR EXISTS (SELECT"
    " FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.oid))"
)


def _column(table: QualifiedName, column: str) -> str:
    return (
        f"{partition.tree(table)}, old AS (SELECT a.*, tree.level, c.relkind,"
        " c.relispartition, t.typtype, t.oid AS type FROM tree"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid"
        " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        f" WHERE a.attname = {literal(column)} AND NOT a.attisdropped)"
    )


_GENERATED = (
    "SELECT 'it is a generated column, which cannot be written' FROM old"
    " WHERE level = 0 AND attgenerated <> ''"
)
_OF_PARENT = (
    "SELECT pg_catalog.format('the table inherits it from %s', h.inhparent::regclass)"
    " FROM old JOIN pg_catalog.pg_inherits h ON h.inhrelid = old.attrelid"
    " WHERE level = 0 AND attinhcount > 0"
)
_CHILDREN = (
    "SELECT pg_catalog.format('table %s inherits it; a trigger of the parent does not"
    " fire there', attrelid::pg_catalog.regclass) FROM old"
    " WHERE level > 0 AND NOT relispartition"
)
_PARTITION_KEY = (
    "SELECT pg_catalog.format('it is in the partition key of %s; where a row goes is"
    " decided before triggers fire', attrelid::pg_catalog.regclass) FROM old"
    " JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = old.attrelid"
    " WHERE attnum = ANY (p.partattrs) OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.objid = old.attrelid AND d.objsubid = old.attnum AND d.deptype = 'i'"
    " AND d.refobjid = old.attrelid AND d.refobjsubid = 0)"
)


def _is_domain(type_: str, condition: str) -> str:
    """Return SQL that is true if a type is, or contains, a domain with *condition*."""
    return (
        "EXISTS (WITH RECURSIVE up AS (SELECT y.oid, y.typnotnull, y.typbasetype"
        f" FROM pg_catalog.pg_type y WHERE y.oid = {type_} AND y.typtype = 'd'"
        " UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up"
        " JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype WHERE y.typtype = 'd')"
        f" SELECT FROM up WHERE {condition})"
    )


_CONSTRAINED = (
    "up.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k"
    " WHERE k.contypid = up.oid)"
)
_NOT_NULL_DOMAIN = (
    "SELECT pg_catalog.format('its domain %s is NOT NULL, so code that does not write"
    " it would fail before triggers fire', old.type::pg_catalog.regtype) FROM old"
    f" WHERE level = 0 AND {_is_domain('old.type', 'up.typnotnull')}"
)
_DOMAIN = (
    "SELECT pg_catalog.format('its domain %s has constraints; adding another column of"
    " it rewrites the table', old.type::pg_catalog.regtype) FROM old"
    f" WHERE level = 0 AND {_is_domain('old.type', _CONSTRAINED)}"
    f" AND NOT {_is_domain('old.type', 'up.typnotnull')}"
)


def _new_domain(type_: str) -> str:
    oid = f"pg_catalog.to_regtype({literal(type_)})"
    return (
        "SELECT pg_catalog.format('domain %s has constraints; adding a column of it"
        f" rewrites the table', {oid}) FROM old"
        f" WHERE level = 0 AND {_is_domain(oid, _CONSTRAINED)}"
    )


def _domain_default(type_: str) -> str:
    """Return the query for the default of a domain, by the type's oid."""
    return (
        "SELECT pg_catalog.format('domain %s has a default, which would be written over"
        " what old code inserts', y.oid::pg_catalog.regtype) FROM old"
        f" JOIN pg_catalog.pg_type y ON y.oid = {type_}"
        " WHERE level = 0 AND y.typtype = 'd' AND y.typdefault IS NOT NULL"
    )


_WINDOW = (
    "SELECT pg_catalog.format('it has a twin already, see constraint %I', k.conname)"
    " FROM old JOIN pg_catalog.pg_constraint k ON k.conrelid = old.attrelid"
    f" WHERE level = 0 AND k.conname ~ '^{SYNC_CHECK}_'"
    " AND old.attnum = ANY (k.conkey)"
)
_UPDATE_OF = (
    "SELECT pg_catalog.format('trigger %I of %s is for UPDATE OF it, and would not"
    " fire when the twin is written', t.tgname, t.tgrelid::pg_catalog.regclass)"
    " FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid"
    " WHERE NOT t.tgisinternal AND old.attnum = ANY (t.tgattr)"
)


def _outer_triggers(triggers: Sequence[str]) -> str:
    """Build the query for the user's triggers that fire first or last."""
    last, first = triggers[0], triggers[-1]
    name = 't.tgname::text COLLATE "C"'
    is_later = f'{name} > {literal(last)} COLLATE "C"'
    is_earlier = f'{name} < {literal(first)} COLLATE "C"'
    return (
        "SELECT pg_catalog.format(CASE WHEN "
        f"{is_later} THEN 'trigger %I of %s would fire after ours, and could"
        " change a row that is in sync' ELSE 'trigger %I of %s would fire before ours,"
        " and would not see what new code writes' END,"
        " t.tgname, t.tgrelid::pg_catalog.regclass)"
        " FROM old JOIN pg_catalog.pg_trigger t ON t.tgrelid = old.attrelid"
        # Those of other windows change other columns.
        f" WHERE {trigger.IS_OF_USERS} AND ({is_later} OR {is_earlier})"
    )


def of_twin(
    table: QualifiedName, column: str, triggers: Sequence[str], new_type: str = ""
) -> str:
    """Return the query for the reasons why *column* cannot have a twin.

    Args:
        table: the table.
        column: the existing column.
        triggers: the names of the triggers that would keep it in sync, in the order of
            ``Window.triggers``.
        new_type: the twin's type, empty for the type of the column.
    """
    return _union(
        _column(table, column),
        _GENERATED,
        _OF_PARENT,
        _CHILDREN,
        _PARTITION_KEY,
        _NOT_NULL_DOMAIN,
        _new_domain(new_type) if new_type else _DOMAIN,
        _domain_default(
            f"pg_catalog.to_regtype({literal(new_type)})" if new_type else "old.type"
        ),
        _UPDATE_OF,
        _WINDOW,
        _outer_triggers(triggers),
    )


def of_second_name(table: QualifiedName, column: str) -> str:
    """Return the query for the reasons why a view cannot show *column* twice.

    An INSERT into the view would write the default of a domain into both.
    """
    return _union(_column(table, column), _domain_default("old.type"))


def of_drop(
    table: QualifiedName,
    column: str,
    ours: Sequence[str],
    *,
    default_is_kept: bool = False,
    generated_goes: bool = False,
    views_stand_aside: bool = False,
) -> str:
    """Return the query for objects lost with *column*, and reasons not to drop it.

    Args:
        table: the table.
        column: the column to be dropped.
        ours: names of constraints, triggers, indexes and statistics that are dropped
            with it.
        default_is_kept: whether another column gets its default, so that it is not
            lost.
        generated_goes: whether its expression or its own sequence may be dropped with
            it.
        views_stand_aside: whether views with an old name of the table will be created
            again.
    """
    known = ", ".join(literal(name) for name in ours)
    plain = f"{_OWN_DEFAULT} AND {_NOT_GENERATED}"
    if generated_goes:
        plain = f"{_OWN_DEFAULT} OR coalesce(i.relkind = 'S', false)"
    kept = f"({plain})" if default_is_kept else "false"
    if views_stand_aside:
        kept = f"({kept} OR {bridge.is_old_name('d.objid', 'd.refobjid')})"
    return _union(
        _column(table, column),
        (
            f"SELECT DISTINCT {DESCRIBED} FROM old"
            " JOIN pg_catalog.pg_depend d ON d.refobjid = old.attrelid"
            " AND d.refobjsubid = old.attnum AND d.refclassid ="
            " 'pg_catalog.pg_class'::pg_catalog.regclass"
            " LEFT JOIN pg_catalog.pg_constraint k ON k.oid = d.objid"
            " AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass"
            " LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid"
            " AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass"
            " LEFT JOIN pg_catalog.pg_class i ON i.oid = d.objid"
            " AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
            " LEFT JOIN pg_catalog.pg_statistic_ext s ON s.oid = d.objid"
            " AND d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass"
            " CROSS JOIN LATERAL (SELECT coalesce(k.conname, t.tgname, i.relname,"
            " s.stxname, '')::text AS name) o"
            f" WHERE o.name <> ALL (ARRAY[{known}]::text[]) AND NOT {kept}"
            f" AND NOT ({_GOES_WITH_PARENT}) AND o.name !~ '^{COPY}_'"
            " AND coalesce(k.contype <> 'n', true)"
        ),
    )


def of_bare_drop(
    table: QualifiedName, column: str, twin: str, ours: Sequence[str]
) -> str:
    """Return the query of :func:`of_drop` for a script without facts of the table.

    Args:
        table: the table.
        column: the column to be dropped.
        twin: the column that stays.
        ours: names of constraints and triggers that are dropped with it.
    """
    silent = (
        "SELECT x.words FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_attribute b ON b.attrelid = a.attrelid"
        f" AND b.attname = {literal(twin)} AND NOT b.attisdropped"
        " CROSS JOIN LATERAL (VALUES ('NOT NULL', a.attnotnull AND NOT b.attnotnull),"
        " ('a comment', pg_catalog.col_description(a.attrelid, a.attnum) IS NOT NULL),"
        " ('SET STATISTICS', coalesce(a.attstattarget, -1) >= 0),"
        " ('options', a.attoptions IS NOT NULL)) x (words, is_there)"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped AND x.is_there"
    )
    dropped = of_drop(table, column, ours)
    return f"SELECT words FROM ({dropped}) a UNION ALL SELECT words FROM ({silent}) b"


def of_partitions(table: QualifiedName, column: str) -> str:
    """Return the query for properties of a column that only its partitions have."""
    default = "pg_catalog.pg_get_expr(d.adbin, d.adrelid)"
    own = (
        f"(coalesce({default}, '') <> coalesce((SELECT {default}"
        " FROM pg_catalog.pg_attrdef d"
        " JOIN old root ON root.level = 0 AND d.adrelid = root.attrelid"
        " AND d.adnum = root.attnum), ''), 'a default'),"
        " (old.attnotnull AND NOT root.attnotnull, 'NOT NULL'),"
        " (pg_catalog.col_description(old.attrelid, old.attnum) IS NOT NULL,"
        " 'a comment'), (old.attacl IS NOT NULL, 'rights'),"
        " (old.attoptions IS NOT NULL OR old.attstattarget >= 0, 'settings')"
    )
    return (
        f"{_column(table, column)} SELECT pg_catalog.format('%s of its own on %s',"
        " x.words, old.attrelid::pg_catalog.regclass) FROM old"
        " JOIN old root ON root.level = 0 LEFT JOIN pg_catalog.pg_attrdef d"
        " ON d.adrelid = old.attrelid AND d.adnum = old.attnum"
        f" CROSS JOIN LATERAL (VALUES {own}) x (is_there, words)"
        " WHERE old.level > 0 AND x.is_there"
    )


def of_sequence(sequence: QualifiedName, table: QualifiedName) -> str:
    """Return the query for the objects that need a sequence, except its own table."""
    return (
        f"SELECT pg_catalog.format('%s, by sequence %s', {DESCRIBED},"
        f" d.refobjid::pg_catalog.regclass) FROM pg_catalog.pg_depend d"
        " LEFT JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid"
        " AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass"
        " WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        f" AND d.refobjid = {sequence.regclass} AND d.deptype = 'n'"
        f" AND NOT coalesce(f.adrelid = {table.regclass}, false)"
    )


def all_of(*queries: str) -> str:
    """Combine several queries into one."""
    parts = (f"SELECT * FROM ({query}) q{n}" for n, query in enumerate(queries))
    return " UNION ALL ".join(parts)


def of_publications(table: QualifiedName) -> str:
    """Return the query for the publications that replicate a table."""
    return (
        "SELECT pg_catalog.format('publication %I', p.pubname)"
        " FROM pg_catalog.pg_publication_tables p"
        " JOIN pg_catalog.pg_class c ON c.relname = p.tablename"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " AND n.nspname = p.schemaname"
        f" WHERE c.oid = {table.regclass} ORDER BY 1"
    )


def of_drop_table(table: QualifiedName) -> str:
    """Return the query for objects that need a table, its partitions or row types."""
    return (
        f"{partition.tree(table)}, own AS (SELECT"
        " 'pg_catalog.pg_class'::pg_catalog.regclass AS class, tree.oid FROM tree"
        " UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM tree"
        " JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " JOIN pg_catalog.pg_type t ON t.oid = c.reltype OR t.typelem = c.reltype)"
        f" SELECT DISTINCT {DESCRIBED} FROM own"
        " JOIN pg_catalog.pg_depend d ON d.refclassid = own.class"
        " AND d.refobjid = own.oid AND d.deptype = 'n'"
        # DROP TABLE drops what belongs to the table, whatever else that depends on.
        " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend o"
        " WHERE o.classid = d.classid AND o.objid = d.objid"
        " AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND o.refobjid IN (SELECT tree.oid FROM tree) AND o.deptype IN ('a', 'i'))"
        " AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.objid IN (SELECT tree.oid FROM tree))"
    )


def _union(head: str, *queries: str) -> str:
    return f"{head} SELECT words FROM ({' UNION ALL '.join(queries)}) x (words)"
