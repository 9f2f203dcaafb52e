"""Indexes of which a column is a part.

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alembic_zdt.catalog import index
from alembic_zdt.connection.database import Database
from alembic_zdt.names import COPY, SYNC_CHECK, QualifiedName, literal, quote
from alembic_zdt.steps import Row

_SIZE = "coalesce(pg_catalog.pg_relation_size(i.indexrelid), 0)::int8"
_TARGETS = (
    "coalesce((SELECT pg_catalog.array_agg(ARRAY[x.attnum::int, x.attstattarget::int]"
    " ORDER BY x.attnum) FROM pg_catalog.pg_attribute x"
    " WHERE x.attrelid = i.indexrelid AND x.attstattarget >= 0), '{}')"
)


@dataclass(frozen=True)
class DependentIndex:
    """An index of which the column is a part.

    Attributes:
        name: its name.
        definition: all that follows its name and its table, ``UNIQUE`` in front.
        predicate: the condition after ``WHERE`` there, empty without one.
        tablespace: the tablespace in which it is stored, empty for the default one.
        constraint: ``pg_constraint.contype`` of its constraint, empty when none.
        timing: when its constraint is checked, for example `` DEFERRABLE``.
        comment: the comment on the index.
        constraint_comment: the comment on the constraint of the index.
        is_replica_identity: whether it identifies rows on a replica.
        is_clustered: whether CLUSTER uses it.
        is_alone: whether no other column is a part of it.
        has_expressions: whether it is not made of columns alone.
        is_part: whether it is a part of the index of a partitioned table.
        size: the size in bytes, including the parts.
        targets: ``SET STATISTICS`` of its columns: (number, target).
        parts: the indexes of the partitions, as (partition, name of its index there).
    """

    name: str
    definition: str
    predicate: str = ""
    tablespace: str = ""
    constraint: str = ""
    timing: str = ""
    comment: str | None = None
    constraint_comment: str | None = None
    is_replica_identity: bool = False
    is_clustered: bool = False
    is_alone: bool = True
    has_expressions: bool = False
    is_part: bool = False
    size: int = 0
    targets: tuple[tuple[int, int], ...] = ()
    parts: tuple[tuple[QualifiedName, str], ...] = ()

    @property
    def is_unique(self) -> bool:
        """Check whether the index forbids duplicates."""
        return self.definition.startswith("UNIQUE ")

    @property
    def plain(self) -> DependentIndex:
        """Return the same index without uniqueness."""
        return replace(self, definition=self.definition.removeprefix("UNIQUE "))

    def create(self, name: str, on: str, options: str = "") -> str:
        """Return the statement that makes the same index.

        Args:
            name: the name of the new index, quoted.
            on: its table, quoted.
            options: the text in front of the name.
        """
        unique = "UNIQUE " if self.is_unique else ""
        rest = self.definition.removeprefix("UNIQUE ")
        where = f" WHERE {self.predicate}" if self.predicate else ""
        if self.tablespace:
            rest = f"{rest.removesuffix(where)} TABLESPACE {quote(self.tablespace)}"
            rest += where
        return f"CREATE {unique}INDEX {options}{name} ON {on} {rest}"


def standing_indexes(
    database: Database, table: QualifiedName, attnum: int, kinds: str = "pu"
) -> tuple[DependentIndex, ...]:
    """Return the valid indexes of which a column is a part.

    Args:
        database: the database that the table is in.
        table: the table.
        attnum: the number of the column.
        kinds: ``pg_constraint.contype`` of constraints whose indexes count.
    """
    found = []
    for *row, targets in database.rows(query_indexes(table, attnum, kinds)):
        known = tuple((number, target) for number, target in targets)
        index = replace(DependentIndex(*row), targets=known)
        rows = _parts(database, table, index.name)
        parts = tuple((QualifiedName(row[0], row[1]), row[2]) for row in rows)
        size = index.size + sum(row[3] for row in rows)
        found.append(replace(index, parts=parts, size=size))
    return tuple(found)


def is_theirs(name: str) -> str:
    """Build SQL that is true if a name was not given by this package."""
    return f"{name} !~ '^({COPY}|{SYNC_CHECK})_'"


def query_indexes(table: QualifiedName, attnum: int, kinds: str) -> str:
    """Build the query for the indexes of a column, with DependentIndex's fields."""
    timing = (
        "CASE WHEN k.condeferred THEN ' DEFERRABLE INITIALLY DEFERRED'"
        " WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END"
    )
    return (
        f"SELECT c.relname::text, {index.DEFINITION},"
        " coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''),"
        f" coalesce(s.spcname::text, ''), coalesce(k.contype::text, ''), {timing},"
        " pg_catalog.obj_description(c.oid, 'pg_class'),"
        " pg_catalog.obj_description(k.oid, 'pg_constraint'),"
        f" i.indisreplident, i.indisclustered, NOT ({_other_columns(attnum)}),"
        f" i.indexprs IS NOT NULL, c.relispartition, {_SIZE}, {_TARGETS}"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace"
        " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid"
        " AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')"
        f" WHERE i.indrelid = {table.regclass} AND i.indisvalid"
        f" AND coalesce(k.contype = ANY ('{{{','.join(kinds)}}}'), true)"
        f" AND {is_theirs('c.relname')}"
        f" AND ({attnum} = ANY (i.indkey) OR EXISTS (SELECT"
        " FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.objid = i.indexrelid AND d.refobjid = i.indrelid"
        f" AND d.refobjsubid = {attnum})) ORDER BY 1"
    )


def _other_columns(attnum: int) -> str:
    """Build SQL that is true if an index has, or depends on, another column."""
    return (
        "EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::int[]) x"
        f" WHERE x NOT IN (0, {attnum})) OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.objid = i.indexrelid AND d.refobjid = i.indrelid"
        f" AND d.refobjsubid NOT IN (0, {attnum}))"
    )


def _parts(database: Database, table: QualifiedName, name: str) -> Sequence[Row]:
    return database.rows(
        "WITH RECURSIVE part AS (SELECT i.indexrelid AS oid, 0 AS level"
        " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {table.regclass} AND c.relname = {literal(name)}"
        " UNION ALL SELECT h.inhrelid, part.level + 1 FROM pg_catalog.pg_inherits h"
        " JOIN part ON h.inhparent = part.oid)"
        " SELECT t.relname::text, n.nspname::text, c.relname::text,"
        " coalesce(pg_catalog.pg_relation_size(c.oid), 0)::int8 FROM part"
        " JOIN pg_catalog.pg_class c ON c.oid = part.oid"
        " JOIN pg_catalog.pg_index i ON i.indexrelid = part.oid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " WHERE part.level > 0 ORDER BY 2, 1"
    )
