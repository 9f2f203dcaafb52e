"""Indexes in the catalog: existence, validity and definition.

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName, literal

# The definition without names: what must be equal for two indexes to be the same.
# From 15 on the schema of a temporary table, such as the probe, is spelled pg_temp.
DEFINITION = """CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || pg_catalog.substr(
  pg_catalog.pg_get_indexdef(i.indexrelid),
  1 + pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ',
    CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
    CASE WHEN c.relkind = 'I' THEN 'ONLY ' ELSE '' END,
    CASE WHEN c.relpersistence = 't' AND pg_catalog.current_setting(
      'server_version_num')::int >= 150000 THEN 'pg_temp' ELSE n.nspname END,
    t.relname)))"""

_NAMED = """pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"""
_TABLESPACE = """(SELECT s.spcname::text FROM pg_catalog.pg_tablespace s
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  WHERE s.oid = coalesce(nullif(c.reltablespace, 0::oid), d.dattablespace))"""
_SPELLED = f"""{_NAMED}
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"""


def definitions(relations: str) -> str:
    """Return a query for the definitions of indexes that belong to no constraint.

    Args:
        relations: a condition on the table ``t``.

    Returns:
        A query for rows of (table, name, definition).
    """
    return (
        f"SELECT i.indrelid::bigint, c.relname::text, {DEFINITION} FROM {_SPELLED}"
        f" WHERE {relations} AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o"
        " WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))"
    )


def _named(index: str, table: QualifiedName) -> str:
    return f"i.indrelid = {table.regclass} AND c.relname = {literal(index)}"


def is_valid(
    index: str, table: QualifiedName, canonical: str | None = None, tablespace: str = ""
) -> str:
    """Return SQL that is true if the index exists, is valid, and is the wanted one.

    Args:
        index: its name.
        table: its table.
        canonical: the server's spelling of the definition, when known.
        tablespace: the tablespace in which it must be, empty for any.
    """
    return exists(index, table, canonical, f"i.indisvalid AND {alone(tablespace)}")


def alone(tablespace: str = "") -> str:
    """Return SQL that is true for an index without constraint, in this tablespace."""
    constraint = (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint o"
        " WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))"
    )
    stored = f" AND {_TABLESPACE} = {literal(tablespace)}" if tablespace else ""
    return f"NOT {constraint}{stored}"


def is_spelled(canonical: str) -> str:
    """Return SQL that is true if a constraint ``k`` has an index of this spelling."""
    return (
        f"EXISTS (SELECT FROM {_SPELLED}\n  WHERE i.indexrelid = k.conindid"
        f" AND {DEFINITION} = {literal(canonical)})"
    )


def is_invalid(index: str, table: QualifiedName) -> str:
    """Return SQL that is true if there is an INVALID index of that name.

    The index of a partitioned table does not count: it is INVALID until all its
    parts are attached.
    """
    return exists(index, table, None, "NOT i.indisvalid AND c.relkind = 'i'")


def exists(
    index: str, table: QualifiedName, canonical: str | None = None, extra: str = ""
) -> str:
    """Return SQL that is true if the table has an index of the name, valid or not."""
    where = _named(index, table) + (f" AND {extra}" if extra else "")
    if canonical is None:
        return f"EXISTS (SELECT FROM {_NAMED}\n  WHERE {where})"
    same = f"{DEFINITION} = {literal(canonical)}"
    return f"EXISTS (SELECT FROM {_SPELLED}\n  WHERE {where}\n  AND {same})"


def is_like(
    index: str, table: QualifiedName, other: str, other_table: QualifiedName
) -> str:
    """Return SQL that is true unless two indexes have different definitions.

    It is also true if one of them does not exist.
    """
    first, second = _definition(index, table), _definition(other, other_table)
    return f"coalesce({first} = {second}, true)"


def _definition(index: str, table: QualifiedName) -> str:
    return f"(SELECT {DEFINITION} FROM {_SPELLED} WHERE {_named(index, table)})"


def has_attached(table: QualifiedName, parent: QualifiedName, index: str) -> str:
    """Return SQL that is true if an index of *table* is attached to *index*."""
    return (
        f"EXISTS (SELECT FROM {_NAMED}\n"
        "  JOIN pg_catalog.pg_inherits h ON h.inhparent = i.indexrelid\n"
        "  JOIN pg_catalog.pg_index part ON part.indexrelid = h.inhrelid\n"
        f"  WHERE {_named(index, parent)} AND part.indrelid = {table.regclass})"
    )


def is_loose_part(
    index: str, table: QualifiedName, parent: str, root: QualifiedName, canonical: str
) -> str:
    """Return SQL that is true for an index that should be attached, but is not.

    The index has the definition of the index of the partitioned table, and was made
    after that index.

    Args:
        index: its name.
        table: its partition.
        parent: the name of the index of the partitioned table.
        root: the partitioned table.
        canonical: how the server spells the definition.
    """
    age = f"SELECT i.indexrelid FROM {_NAMED} WHERE {_named(parent, root)}"
    is_ours = f"NOT c.relispartition AND {alone()} AND i.indexrelid > ({age})"
    whole = exists(parent, root, canonical, "c.relkind = 'I'")
    return f"({whole} AND {exists(index, table, canonical, is_ours)})"


_DEFINED = """pg_catalog.concat(pg_catalog.pg_get_indexdef(i.indexrelid),
  ' TABLESPACE ' || (SELECT s.spcname FROM pg_catalog.pg_tablespace s
    WHERE s.oid = c.reltablespace), (SELECT pg_catalog.format(
    ', of constraint %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid))
    FROM pg_catalog.pg_constraint o
    WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x')))"""


def has_statistics(table: QualifiedName, index: str) -> str:
    """Return SQL that is true if ANALYZE has seen the index's expressions."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_stats s"
        " JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname"
        " JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid"
        f" WHERE s.tablename = {literal(index)} AND t.oid = {table.regclass})"
    )


def namesakes(index: str, table: QualifiedName) -> str:
    """Return a query for the relation with the index's name in the table's schema.

    It returns rows of (relkind, table, definition, whether it is on the same table).
    For a relation that is no index, the last three are empty.
    """
    return f"""SELECT c.relkind::text, i.indrelid::pg_catalog.regclass::text,
  {_DEFINED}, i.indrelid = {table.regclass}
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relname = {literal(index)} AND c.relnamespace =
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = {table.regclass})"""


def not_of(index: QualifiedName, table: QualifiedName | None) -> str:
    """Return a query for a relation of that name that is no index of the table."""
    of_table = f" OR i.indrelid <> {table.regclass}" if table else ""
    return (
        "SELECT coalesce(pg_catalog.pg_get_indexdef(i.indexrelid),"
        " pg_catalog.format('%s, which is no index', c.oid::pg_catalog.regclass))"
        " FROM pg_catalog.pg_class c"
        " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
        f" WHERE c.oid = {index.regclass} AND (i.indexrelid IS NULL{of_table})"
    )


def is_of_reindex(row: str) -> str:
    """Return SQL that is true if an index has the name of a copy made by a REINDEX.

    Args:
        row: a row of pg_index, in SQL.
    """
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c, pg_catalog.pg_index i"
        f" JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid"
        f" WHERE c.oid = {row}.indexrelid AND c.relname ~ {_SUFFIX}"
        f" AND i.indrelid = {row}.indrelid AND o.oid <> c.oid"
        f" AND pg_catalog.starts_with(o.relname::text, {_BASE}))"
    )


def leftovers(relation: QualifiedName, index: str | None = None) -> str:
    """Return a query for the INVALID ``_ccnew`` and ``_ccold`` indexes of a REINDEX.

    Args:
        relation: the index that was rebuilt, or the table whose indexes were.
        index: the bare name of the index, None for the whole table.

    Returns:
        A query for rows of (schema, name).
    """
    # A table is rebuilt with its TOAST table, whose schema some roles may not use.
    same = "i.indrelid IN (o.oid, o.reltoastrelid)"
    if index is not None:
        same = "i.indrelid = (SELECT indrelid FROM pg_catalog.pg_index"
        same += " WHERE indexrelid = o.oid)"
        same += f" AND pg_catalog.starts_with(o.relname::text, {_BASE})"
    return f"""SELECT cn.nspname::text, c.relname::text
FROM (SELECT relid FROM pg_catalog.pg_partition_tree({relation.regclass})
    UNION SELECT {relation.regclass}) x
  JOIN pg_catalog.pg_class o ON o.oid = x.relid
  CROSS JOIN pg_catalog.pg_class c
  JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid AND {same}
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname ~ {_SUFFIX}
  AND pg_catalog.has_schema_privilege(cn.oid, 'USAGE')
ORDER BY 1, 2"""


_SUFFIX = "'_cc(new|old)[0-9]*$'"
_BASE = f"pg_catalog.regexp_replace(c.relname::text, {_SUFFIX}, '')"
