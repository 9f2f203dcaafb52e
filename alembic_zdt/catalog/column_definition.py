"""Describe a column in one text, to compare the existing with the wanted definition.

https://www.postgresql.org/docs/current/catalog-pg-attribute.html
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import column as column_sql
from alembic_zdt.catalog import lookup
from alembic_zdt.connection.cancels import is_ended
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import on_empty_copy
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.server_facts import PROBE, CanonicalColumn

# NOT NULL is left out: a later directive of the same revision may have set it.
DEFINITION = """pg_catalog.concat_ws(' | ',
  pg_catalog.format_type(a.atttypid, a.atttypmod), (
    SELECT 'collation ' || a.attcollation::pg_catalog.regcollation::text
    FROM pg_catalog.pg_type y
    WHERE y.oid = a.atttypid AND y.typcollation <> a.attcollation),
  'identity ' || nullif(a.attidentity::text, ''), (
    SELECT pg_catalog.concat_ws(' ', s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
      s.seqcache, s.seqcycle)
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_depend e ON e.objid = s.seqrelid
      AND e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.deptype = 'i'
    WHERE e.refobjid = a.attrelid AND e.refobjsubid = a.attnum
      AND a.attidentity <> ''),
  CASE WHEN a.attgenerated = '' THEN 'default ' ELSE
    pg_catalog.concat('generated ', a.attgenerated, ' ') END || (
    SELECT coalesce(pg_catalog.substring(g.x, '^[(](-?[0-9.]+)[)]$'), g.x)
    FROM (SELECT coalesce((
        SELECT pg_catalog.left(e.x, pg_catalog.length(e.x) - pg_catalog.length(f.x))
        FROM (VALUES ('::' || pg_catalog.format_type(a.atttypid, a.atttypmod)),
          ('::' || pg_catalog.format_type(a.atttypid, NULL)), ('::text')) f (x)
        WHERE pg_catalog.right(e.x, pg_catalog.length(f.x)) = f.x
        ORDER BY pg_catalog.length(f.x) DESC LIMIT 1), e.x)
    FROM (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      FROM pg_catalog.pg_attrdef d
      WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) e (x)) g (x)))"""
"""The expression takes a row ``a`` of pg_attribute.

A cast to the column's own type changes nothing.
"""


def definition(table: QualifiedName, column: str) -> str:
    """Return an expression for the definition, NULL when there is no such column."""
    return (
        f"(SELECT {DEFINITION} FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped)"
    )


def described(table: QualifiedName, column: str) -> str:
    """Return a query for the definition and the comment of an existing column."""
    return (
        f"SELECT {DEFINITION} || coalesce(', comment '"
        " || pg_catalog.quote_literal(pg_catalog.col_description(a.attrelid,"
        f" a.attnum)), '') FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped"
    )


def is_defined(table: QualifiedName, column: str, canonical: str) -> str:
    """Return SQL that is true if the column has this definition."""
    return f"coalesce({definition(table, column)} = {literal(canonical)}, false)"


def is_commented(table: QualifiedName, column: str, comment: str) -> str:
    """Return SQL that is true if the column has that comment."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped AND pg_catalog.col_description(a.attrelid, a.attnum)"
        f" = {literal(comment)})"
    )


@lookup.answer.register
def _(question: CanonicalColumn, database: Database) -> str | None:
    if not database.holds(column_sql.exists(question.table, question.column)):
        return None
    probe = f"ALTER TABLE {PROBE.sql}"
    try:
        with on_empty_copy(database, question.table, question.making):
            database.execute(f"{probe} DROP COLUMN {quote(question.column)} CASCADE")
            database.execute(f"{probe} ADD COLUMN {question.declared}")
            found = database.value(f"SELECT {definition(PROBE, question.column)}")
            return None if found is None else str(found)
    except DBAPIError as error:
        if database.connection.invalidated or is_ended(error):
            raise
        return None  # the server refuses it: another question tells why
