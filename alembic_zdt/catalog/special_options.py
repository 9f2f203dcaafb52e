"""Options of tables, columns, constraints and indexes that are not the default.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA

_NAMES = (
    "(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.n)"
    " FROM pg_catalog.unnest({}) WITH ORDINALITY u(attnum, n)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
    " AND a.attnum = u.attnum)"
)
_INCLUDED = (
    "(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.n)"
    " FROM pg_catalog.pg_index i,"
    " pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY u(attnum, n)"
    " JOIN pg_catalog.pg_attribute a ON a.attnum = u.attnum"
    " WHERE i.indexrelid = k.conindid AND k.contype IN ('p', 'u')"
    " AND a.attrelid = k.conrelid AND u.n > i.indnkeyatts)"
)
_CONSTRAINTS = f"""SELECT * FROM (SELECT n.nspname::text, t.relname::text,
  k.conname::text, k.contype::text, k.condeferrable, k.condeferred,
  k.confmatchtype::text AS match, {_NAMES.format("k.conkey")} AS columns,
  {_INCLUDED} AS included,
  pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE {IN_USER_SCHEMA} AND k.contype IN ('p', 'u', 'f', 'c', 'x')) x
WHERE x.contype = 'p' OR x.comment IS NOT NULL OR x.included IS NOT NULL
  OR (x.contype = 'u' AND x.condeferrable) OR x.match IN ('f', 'p')"""
_COLLATIONS = f"""SELECT n.nspname::text, t.relname::text, a.attname::text,
  l.collname::text
FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
  JOIN pg_catalog.pg_class t ON t.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE {IN_USER_SCHEMA} AND t.relkind IN ('r', 'p') AND a.attnum > 0
  AND NOT a.attisdropped AND a.attcollation <> y.typcollation"""
_RELATIONS = f"""SELECT n.nspname::text, t.relname::text,
  t.reloptions, s.spcname::text, m.amname::text,
  CASE WHEN t.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(t.oid) END,
  (SELECT pg_catalog.array_agg(p.relname::text ORDER BY h.inhseqno)
   FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
   WHERE h.inhrelid = t.oid AND NOT t.relispartition), t.relpersistence = 'u'
FROM pg_catalog.pg_class t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = t.reltablespace
  LEFT JOIN pg_catalog.pg_am m ON m.oid = t.relam AND m.amname <> 'heap'
    AND t.relkind IN ('r', 'p')
WHERE {IN_USER_SCHEMA} AND t.relkind IN ('r', 'p', 'i', 'I')
  AND (t.relkind = 'p' OR t.reloptions IS NOT NULL OR s.oid IS NOT NULL
    OR m.oid IS NOT NULL OR t.relpersistence = 'u'
    OR t.oid IN (SELECT h.inhrelid FROM pg_catalog.pg_inherits h))"""

_DOMAINS = """SELECT n.nspname::text, y.typname::text,
  pg_catalog.format_type(y.typbasetype, y.typtypmod), y.typnotnull,
  coalesce(y.typdefault, ''),
  coalesce((SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' ')
   FROM pg_catalog.pg_constraint k WHERE k.contypid = y.oid AND k.contype = 'c'), '')
FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
WHERE y.typtype = 'd'"""

Place = tuple[str, str]
"""A schema, and the name of a table or an index in it."""


@dataclass(frozen=True)
class ConstraintOptions:
    """The options of a constraint.

    Attributes:
        kind: ``p``, ``u``, ``f``, ``c`` or ``x``.
        deferrable: whether it is DEFERRABLE.
        deferred: whether it is INITIALLY DEFERRED.
        match: ``pg_constraint.confmatchtype``: ``f`` for MATCH FULL.
        columns: its columns, in order.
        included: columns of INCLUDE.
        comment: the comment on the constraint.
    """

    kind: str = ""
    deferrable: bool = False
    deferred: bool = False
    match: str = "s"
    columns: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True)
class RelationOptions:
    """The options of a table or an index.

    Attributes:
        storage: its storage parameters.
        tablespace: the tablespace in which it is stored, None for the database's
            default.
        method: the access method of a table, None for ``heap`` and for indexes.
        partition_key: the partition key, None for a table that is not partitioned.
        parents: the tables it inherits from.
        is_unlogged: whether it is UNLOGGED.
    """

    storage: tuple[str, ...] = ()
    tablespace: str | None = None
    method: str | None = None
    partition_key: str | None = None
    parents: tuple[str, ...] = ()
    is_unlogged: bool = False


@dataclass
class SpecialOptions:
    """The options that differ from their defaults, in all schemas of users.

    Attributes:
        constraints: the constraints, by the place of the table and by their names; with
            all primary keys.
        collations: the collations of columns, by the place of the table and by the
            column.
        relations: options of tables and indexes.
        domains: type, whether it is NOT NULL, default and CHECK of each domain.
    """

    constraints: dict[Place, dict[str, ConstraintOptions]] = field(default_factory=dict)
    collations: dict[tuple[str, str, str], str] = field(default_factory=dict)
    relations: dict[Place, RelationOptions] = field(default_factory=dict)
    domains: dict[Place, tuple[str, bool, str, str]] = field(default_factory=dict)


def special_options(database: Database) -> SpecialOptions:
    """Read all options that are not the default."""
    found = SpecialOptions()
    for schema, name, *domain in database.rows(_DOMAINS):
        type_, not_null, default, check = domain
        found.domains[schema, name] = (type_, not_null, default, check)
    for schema, table, name, options in _constraints(database):
        found.constraints.setdefault((schema, table), {})[name] = options
    for schema, table, column, collation in database.rows(_COLLATIONS):
        found.collations[schema, table, column] = collation
    for (
        schema,
        name,
        storage,
        tablespace,
        method,
        key,
        parents,
        unlogged,
    ) in database.rows(_RELATIONS):
        found.relations[schema, name] = RelationOptions(
            tuple(storage or ()),
            tablespace,
            method,
            key,
            tuple(parents or ()),
            unlogged,
        )
    return found


def _constraints(
    database: Database,
) -> Iterator[tuple[str, str, str, ConstraintOptions]]:
    for schema, table, name, kind, *options in database.rows(_CONSTRAINTS):
        deferrable, deferred, match, columns, included, comment = options
        yield (
            schema,
            table,
            name,
            ConstraintOptions(
                kind,
                deferrable,
                deferred,
                match,
                tuple(columns or ()),
                tuple(included or ()),
                comment,
            ),
        )
