"""Properties of an index outside its definition, such as its comment.

Others are its tablespace, its statistics targets, and whether it is the CLUSTER index
or the replica identity of its table.

https://www.postgresql.org/docs/current/sql-alterindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import lookup
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import Question


@dataclass(frozen=True)
class Belongings:
    """Properties of an index that its replacement has to take over.

    Attributes:
        tablespace: the tablespace in which it is stored, empty for the default one.
        is_replica_identity: whether a replica finds rows by it.
    """

    tablespace: str
    is_replica_identity: bool


@dataclass(frozen=True)
class BelongingsQuestion(Question[Belongings]):
    """Which properties does the index have outside its definition?"""

    index: str
    table: QualifiedName


@lookup.answer.register
def _(question: BelongingsQuestion, database: Database) -> Belongings | None:
    rows = database.rows(
        "SELECT coalesce(s.spcname::text, ''), i.indisreplident"
        f" {_named(question.index, question.table)}"
        " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace"
    )
    return Belongings(*rows[0]) if rows else None


def _named(index: str, table: QualifiedName, also: str = "") -> str:
    return (
        "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c"
        f" ON c.oid = i.indexrelid AND i.indrelid = {table.regclass}"
        f" AND c.relname = {literal(index)}{also}"
    )


def has(index: str, table: QualifiedName, mark: str) -> str:
    """Return SQL that is true if the index exists and has a mark.

    Args:
        index: its name.
        table: its table.
        mark: a condition on rows ``i`` of pg_index and ``c`` of pg_class.
    """
    return f"EXISTS (SELECT {_named(index, table, f' AND {mark}')})"


def needing(index: str, table: QualifiedName) -> str:
    """Return the query for objects without which the index cannot be dropped.

    They are the constraints that use the index, and the index of a partitioned table
    to which it is attached: rows of (words,).
    """
    return (
        "SELECT pg_catalog.format('constraint %I of %s', k.conname, k.conrelid::"
        f"pg_catalog.regclass) {_named(index, table)} JOIN pg_catalog.pg_constraint k"
        " ON k.conindid = c.oid AND k.conparentid = 0 UNION ALL"
        " SELECT pg_catalog.format('index %s', h.inhparent::pg_catalog.regclass)"
        f" {_named(index, table)} JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid"
    )


def nullable(table: QualifiedName, columns: Sequence[str]) -> str:
    """Return SQL that is true if one of the columns may hold NULL."""
    names = ", ".join(map(literal, columns))
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname IN ({names})"
        " AND NOT a.attnotnull)"
    )


def handing_over(old: str, new: str, table: QualifiedName) -> str:
    """Return the query for statements that copy an index's properties to another.

    A statistics target is copied to the same expression.

    Args:
        old: the name of the index to copy from.
        new: the name of the index to copy to.
        table: their table.
    """
    name = "n.oid::pg_catalog.regclass"
    comment = "pg_catalog.obj_description({}.oid, 'pg_class')"
    spelled = "pg_catalog.pg_get_indexdef({0}.attrelid, {0}.attnum, true)"
    clustering = literal(f"ALTER TABLE {table.sql.replace('%', '%%')} CLUSTER ON %I")
    return qualified(
        f"WITH o AS (SELECT c.oid, i.indisclustered {_named(old, table)}),"
        f" n AS (SELECT c.oid, c.relname, i.indisclustered {_named(new, table)})"
        f" SELECT pg_catalog.format('COMMENT ON INDEX %s IS %L', {name},"
        f" {comment.format('o')}) FROM o, n"
        f" WHERE coalesce({comment.format('o')}, '')"
        f" <> coalesce({comment.format('n')}, '') UNION ALL"
        " SELECT pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',"
        f" {name}, b.attnum, a.attstattarget) FROM o, n"
        " JOIN pg_catalog.pg_attribute b ON b.attrelid = n.oid"
        " JOIN pg_catalog.pg_attribute a ON a.attstattarget >= 0"
        f" AND {spelled.format('a')} = {spelled.format('b')}"
        " WHERE a.attrelid = o.oid AND coalesce(b.attstattarget, -1)"
        " <> a.attstattarget UNION ALL"
        f" SELECT pg_catalog.format({clustering}, n.relname) FROM o, n"
        " WHERE o.indisclustered AND NOT n.indisclustered"
    )
