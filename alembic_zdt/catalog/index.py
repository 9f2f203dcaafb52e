"""Indexes in the catalog: is it there, is it valid, is it the one that was meant?

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName, literal

# The definition without names: what must be equal for two indexes to be the same.
DEFINITION = """CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || pg_catalog.substr(
  pg_catalog.pg_get_indexdef(i.indexrelid),
  1 + pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I ',
    CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
    CASE WHEN c.relkind = 'I' THEN 'ONLY ' ELSE '' END, n.nspname, t.relname)))"""

_FROM = """pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"""


def _named(index: str, table: QualifiedName) -> str:
    return f"i.indrelid = {table.regclass} AND c.relname = {literal(index)}"


def is_valid(index: str, table: QualifiedName, canonical: str | None = None) -> str:
    """The condition that the index is there, valid, and spelled like *canonical*."""
    same = f"\n  AND {DEFINITION} = {literal(canonical)}" if canonical else ""
    return (
        f"EXISTS (SELECT FROM {_FROM}\n  WHERE {_named(index, table)}"
        f" AND i.indisvalid{same})"
    )


def is_invalid(index: str, table: QualifiedName) -> str:
    """The condition that an INVALID leftover of that name is there.

    The index of a partitioned table is INVALID until all its parts are attached,
    which is no leftover.
    """
    return (
        f"EXISTS (SELECT FROM {_FROM}\n  WHERE {_named(index, table)}"
        " AND NOT i.indisvalid AND c.relkind = 'i')"
    )


def exists(index: str, table: QualifiedName, canonical: str | None = None) -> str:
    """The condition that the table has such an index, valid or not."""
    same = f"\n  AND {DEFINITION} = {literal(canonical)}" if canonical else ""
    return f"EXISTS (SELECT FROM {_FROM}\n  WHERE {_named(index, table)}{same})"


def has_attached(table: QualifiedName, parent: QualifiedName, index: str) -> str:
    """The condition that some index of *table* is part of the parent's *index*."""
    return (
        f"EXISTS (SELECT FROM {_FROM}\n"
        "  JOIN pg_catalog.pg_inherits h ON h.inhparent = i.indexrelid\n"
        "  JOIN pg_catalog.pg_index part ON part.indexrelid = h.inhrelid\n"
        f"  WHERE {_named(index, parent)} AND part.indrelid = {table.regclass})"
    )


def namesakes(index: str, table: QualifiedName) -> str:
    """A query for whatever has the index's name in the table's schema.

    Returns rows of (relkind, table, definition); the last two only of an index.
    """
    return f"""SELECT c.relkind::text, i.indrelid::pg_catalog.regclass::text,
  pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relname = {literal(index)} AND c.relnamespace =
  (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = {table.regclass})"""


def leftovers(table: QualifiedName, index: str | None = None) -> str:
    """A query for the INVALID ``_ccnew`` and ``_ccold`` indexes of a REINDEX.

    Returns rows of (schema, name), those of one index or of the whole table.
    """
    of_index = ""
    if index is not None:
        stem = literal(index)
        of_index = (
            "\n  AND pg_catalog.regexp_replace(c.relname::text,"
            f" '_cc(new|old)[0-9]*$', '') = pg_catalog.substr({stem}, 1, "
            "pg_catalog.length(pg_catalog.regexp_replace(c.relname::text,"
            " '_cc(new|old)[0-9]*$', '')))"
        )
    return f"""SELECT cn.nspname::text, c.relname::text FROM {_FROM}
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
WHERE (i.indrelid = {table.regclass} OR i.indrelid IN (SELECT relid
    FROM pg_catalog.pg_partition_tree({table.regclass})))
  AND NOT i.indisvalid AND c.relkind = 'i'
  AND c.relname ~ '_cc(new|old)[0-9]*$'{of_index}
ORDER BY 1, 2"""
