"""Enum types in the catalog.

https://www.postgresql.org/docs/current/catalog-pg-enum.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alembic_zdt.catalog import ownership, partition, rights
from alembic_zdt.catalog.domains import base_type
from alembic_zdt.catalog.obstacles import DESCRIBED
from alembic_zdt.names import QualifiedName, dollar_tag, literal
from alembic_zdt.qualified import qualified


def regtype(enum: QualifiedName) -> str:
    """Return SQL for the type's oid, NULL when there is no such type."""
    return f"pg_catalog.to_regtype({literal(enum.sql)})"


def has_value(enum: QualifiedName, value: str) -> str:
    """Return SQL that is true if the enum has that value."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_enum e"
        f" WHERE e.enumtypid = {regtype(enum)} AND e.enumlabel = {literal(value)})"
    )


def is_there(enum: QualifiedName) -> str:
    """Return SQL that is true if there is a type of that name."""
    return f"({regtype(enum)} IS NOT NULL)"


def has_values(enum: QualifiedName, values: Sequence[str]) -> str:
    """Return SQL that is true if the type has these values in this order.

    It may have others between them, because a later revision may add values.
    """
    wanted = ", ".join(literal(value) for value in values)
    return (
        "coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)"
        f" FROM pg_catalog.pg_enum e WHERE e.enumtypid = {regtype(enum)}"
        f" AND e.enumlabel IN ({wanted})) = ARRAY[{wanted}]::text[], false)"
    )


def described(enum: QualifiedName) -> str:
    """Return a query that describes the type of that name."""
    return (
        "SELECT pg_catalog.concat_ws(': ', CASE WHEN t.typtype = 'e' THEN"
        " 'enum type' WHEN t.typtype = 'd' THEN 'domain' ELSE 'type' END ||"
        " pg_catalog.format(' %s', t.oid::pg_catalog.regtype),"
        " (SELECT string_agg(e.enumlabel::text, ', ' ORDER BY e.enumsortorder)"
        " FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))"
        f" FROM pg_catalog.pg_type t WHERE t.oid = {regtype(enum)}"
    )


def is_placed(enum: QualifiedName, value: str, before: str, after: str) -> str:
    """Return SQL that is true if the enum has a value before or after another value.

    Args:
        enum: the type.
        value: the value.
        before: the value that it sorts before, empty for any.
        after: the value that it sorts after, empty for any.
    """
    if not before and not after:
        return has_value(enum, value)
    return has_values(enum, (value, before) if before else (after, value))


def is_used(enum: QualifiedName) -> str:
    """Return SQL that is true if an object depends on the type or its array type."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d"
        " ON d.refobjid IN (t.oid, t.typarray) AND d.deptype = 'n'"
        " AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass"
        f" WHERE t.oid = {regtype(enum)})"
    )


def others(enum: QualifiedName, table: QualifiedName, column: str) -> str:
    """Return the query that describes all objects with that type except one column.

    Objects on the column, and functions of a window, are dropped with the column.

    Args:
        enum: the type.
        table: the table of that column.
        column: that column.
    """
    kinds = ("pg_class", "pg_type", "pg_proc", "pg_cast", "pg_operator")
    classes = ", ".join(f"'pg_catalog.{kind}'::pg_catalog.regclass" for kind in kinds)
    own = f"a.attname = {literal(column)} AND a.attrelid IN (SELECT oid FROM tree)"
    return (
        f"{partition.tree(table)} SELECT DISTINCT {DESCRIBED} FROM pg_catalog.pg_type t"
        " JOIN pg_catalog.pg_depend d ON d.refobjid IN (t.oid, t.typarray)"
        " AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass"
        f" AND d.deptype = 'n' AND d.classid IN ({classes})"
        " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objid"
        " AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND a.attnum = d.objsubid LEFT JOIN pg_catalog.pg_proc p ON p.oid = d.objid"
        " AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
        f" WHERE t.oid = {regtype(enum)} AND NOT coalesce({own}, false)"
        " AND coalesce(p.proname !~ '^zdt_(up|down)_', true)"
        " AND (d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass"
        " OR d.objsubid > 0)"
    )


def other_type(enum: QualifiedName, table: QualifiedName, column: str) -> str:
    """Return the query for the type of a column, if it is not this enum type.

    An array of the type, and a domain of it, count as the type.
    """
    return (
        "SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)"
        " FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        f" AND NOT a.attisdropped AND NOT coalesce({regtype(enum)}::pg_catalog.oid"
        f" IN (y.oid, y.typelem, {base_type('y.oid')}), false)"
    )


def create(enum: QualifiedName, values: Sequence[str]) -> str:
    """Return the statement that makes a type of these values, in their order."""
    written = ", ".join(literal(value).strip() for value in values)
    return f"CREATE TYPE {enum.sql} AS ENUM ({written})"


def making(enum: QualifiedName, values: Sequence[str]) -> tuple[str, ...]:
    """Return the statements that make a type, unless it exists with these values."""
    message = literal(f"type {enum.label} exists and has other values").strip()
    return (
        _block(
            f"IF {regtype(enum)} IS NULL THEN {create(enum, values)};"
            f" ELSIF NOT {qualified(has_values(enum, values))} THEN RAISE EXCEPTION"
            f" USING ERRCODE = 'duplicate_object', MESSAGE = {message}; END IF;"
        ),
    )


def creating(
    enum: QualifiedName,
    values: Sequence[str],
    subject: QualifiedName,
    like: QualifiedName | None = None,
) -> tuple[str, ...]:
    """Return statements that create a type, or refuse one that another role owns.

    Args:
        enum: its name.
        values: its values, in their order.
        subject: the table that gets a column of it.
        like: the type whose owner, comment and rights it gets.
    """
    alike = f" {rights.running(*_likeness(enum, like))}" if like else ""
    refusing = ownership.refusing(ownership.type_(enum), subject=subject, like=like)
    return (
        _block(
            f"IF {regtype(enum)} IS NULL THEN {create(enum, values)};{alike}"
            f" ELSE {refusing} END IF;"
        ),
    )


def _block(body: str) -> str:
    tag = dollar_tag(body)
    return f"DO {tag} BEGIN {body} END {tag}"


def _likeness(enum: QualifiedName, like: QualifiedName) -> Iterator[str]:
    name = enum.sql.replace("%", "%%")
    found = f"FROM pg_catalog.pg_type t WHERE t.oid = {regtype(like)}"
    revoking = literal(f"REVOKE USAGE ON TYPE {name} FROM PUBLIC").strip()
    granting = literal(f"GRANT USAGE ON TYPE {name} TO %s%s").strip()
    owning = literal(f"ALTER TYPE {name} OWNER TO %I").strip()
    comment = literal(f"COMMENT ON TYPE {name} IS %L").strip()
    words = "pg_catalog.obj_description(t.oid, 'pg_type')"
    yield f"SELECT {revoking} {found} AND t.typacl IS NOT NULL"
    yield (
        f"SELECT pg_catalog.string_agg(pg_catalog.format({granting}, {rights.GRANTEE},"
        f" {rights.OPTION}), '; ') FROM pg_catalog.pg_type t,"
        " LATERAL pg_catalog.aclexplode(t.typacl) g"
        f" WHERE t.oid = {regtype(like)} AND g.grantee <> t.typowner"
    )
    commenting = f"SELECT pg_catalog.format({comment}, {words}) {found}"
    yield f"{commenting} AND {words} IS NOT NULL"
    yield (
        f"SELECT pg_catalog.format({owning}, pg_catalog.pg_get_userbyid(t.typowner))"
        f" {found} AND t.typowner <> (SELECT n.typowner FROM pg_catalog.pg_type n"
        f" WHERE n.oid = {regtype(enum)})"
    )
