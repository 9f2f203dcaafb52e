"""Columns in the catalog, and whether they are NOT NULL for every row.

https://www.postgresql.org/docs/current/catalog-pg-attribute.html
"""

from __future__ import annotations

import re

from alembic_zdt.catalog import partition
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.server_facts import FIRST_WITH_NOT_NULL_CONSTRAINTS


def _has(table: QualifiedName, column: str, condition: str) -> str:
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass}"
        f" AND a.attname = {literal(column)} AND {condition})"
    )


def exists(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if the table has the column."""
    return _has(table, column, "NOT a.attisdropped")


def is_of_type(table: QualifiedName, column: str, type_: str) -> str:
    """Return SQL that is true if the column has exactly this type and modifiers."""
    found = re.search(r"\(([^()]*+)\)", type_)
    modifiers = "".join(found[1].split()) if found else ""
    if re.match(r"(?i)float\b", type_):  # its precision chooses between two types
        modifiers = ""
    elif re.match(r"(?i)(numeric|decimal)\(\s*\d+\s*\)", type_):
        modifiers += ",0"
    spelled = "pg_catalog.format_type(a.atttypid, a.atttypmod)"
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass}"
        f" AND a.attname = {literal(column)} AND NOT a.attisdropped"
        f" AND a.atttypid = pg_catalog.to_regtype({literal(type_)})"
        f" AND coalesce(pg_catalog.substring({spelled}, '[(]([^)]*)[)]'), '')"
        f" = {literal(modifiers)})"
    )


def is_not_null(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if the column is marked NOT NULL.

    From PostgreSQL 18 on the mark alone proves nothing: a NOT NULL constraint may
    be NOT VALID.  See :func:`is_not_null_proven`.
    """
    return _has(table, column, "a.attnotnull AND NOT a.attisdropped")


def has_default(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if the column has a default."""
    return _has(table, column, "NOT a.attisdropped AND a.atthasdef")


def is_identity(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if the column is an identity."""
    return _has(table, column, "NOT a.attisdropped AND a.attidentity <> ''")


def may_be_left_out(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if an INSERT may omit the column, or if it is missing."""
    return (
        "(NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass}"
        f" AND a.attname = {literal(column)} AND NOT a.attisdropped"
        " AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''))"
    )


def not_null_constraint(table: QualifiedName, column: str, *conditions: str) -> str:
    """Return SQL that is true if a NOT NULL constraint (18+) fulfils *conditions*."""
    extra = "".join(f" AND {condition}" for condition in conditions)
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
        " AND k.conkey = ARRAY[a.attnum]"
        f" WHERE k.conrelid = {table.regclass} AND k.contype = 'n'"
        f" AND a.attname = {literal(column)}{extra})"
    )


def not_inherited(table: QualifiedName, column: str) -> str:
    """Return a query for a NOT NULL constraint (18+) that children do not inherit."""
    return (
        "SELECT k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)"
        " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]"
        f" WHERE k.conrelid = {table.regclass} AND k.contype = 'n'"
        f" AND k.connoinherit AND a.attname = {literal(column)}"
    )


def is_not_null_proven(table: QualifiedName, column: str, version: int) -> str:
    """Return SQL that is true if the column is NOT NULL and no row contradicts it."""
    if version < FIRST_WITH_NOT_NULL_CONSTRAINTS:
        return is_not_null(table, column)
    return not_null_constraint(table, column, "k.convalidated")


def not_assignable(
    database: Database, table: QualifiedName, columns: tuple[str, ...]
) -> dict[str, str]:
    """Return which of *columns* an UPDATE cannot set, and why."""
    wanted = ", ".join(literal(column) for column in columns)
    rows = database.rows(
        f"{partition.tree(table)}"
        " SELECT a.attname::text, min(CASE WHEN a.attgenerated <> '' THEN 'generated'"
        " WHEN a.attidentity = 'a' THEN 'identity' ELSE 'partition key' END)"
        " FROM tree JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid"
        " LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = tree.oid"
        f" WHERE a.attname IN ({wanted}) AND NOT a.attisdropped"
        " AND (a.attgenerated <> '' OR a.attidentity = 'a'"
        " OR a.attnum = ANY (p.partattrs)) GROUP BY 1"
    )
    return {row[0]: row[1] for row in rows}


def identity(table: QualifiedName, columns: tuple[str, ...]) -> str:
    """Return the query for the oid of a table and the numbers of its columns."""
    wanted = ", ".join(literal(column) for column in columns)
    return (
        "SELECT pg_catalog.concat_ws(':', attrelid,"
        " pg_catalog.string_agg(attnum::text, ',' ORDER BY attnum))"
        f" FROM pg_catalog.pg_attribute WHERE attrelid = {table.regclass}"
        f" AND attname IN ({wanted}) AND NOT attisdropped GROUP BY attrelid"
    )


def columns_of_all_tables(database: Database) -> dict[QualifiedName, list[str]]:
    """Return the columns of each table outside of system schemas, in their order."""
    rows = database.rows(
        "SELECT n.nspname::text, c.relname::text, pg_catalog.array_agg("
        "a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        " AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
        " GROUP BY 1, 2"
    )
    return {QualifiedName(name, schema): columns for schema, name, columns in rows}
