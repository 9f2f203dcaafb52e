"""The type and the rights of a column, to copy them to another column.

https://www.postgresql.org/docs/current/catalog-pg-attribute.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import lookup, partition
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, dollar_tag, literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import ColumnQuestion

# pg_collation.collisdeterministic of the default collation is always true.
_CAST = "pg_catalog.format_type(a.atttypid, a.atttypmod)"
_TYPE = (
    f"{_CAST} || CASE"
    " WHEN a.attcollation <> t.typcollation THEN pg_catalog.format(' COLLATE %I.%I',"
    " n.nspname, c.collname) ELSE '' END"
)
# An enum is stored as its number.  Types of users may be named like builtin ones.
_BARE_TYPE = (
    "CASE WHEN t.typtype = 'e' THEN 'oid' WHEN t.typnamespace ="
    " 'pg_catalog'::pg_catalog.regnamespace THEN t.typname::text ELSE '' END"
)
_FROM = (
    " FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation"
    " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace"
)


@dataclass(frozen=True)
class ColumnCopy:
    """The properties of a column to copy.

    Attributes:
        type: its type with its modifiers and its collation, as SQL.
        cast: the same as it is written in a cast, without the collation.
        type_name: the name of a builtin type in pg_type, empty for others.
        is_deterministic: whether its collation is deterministic: only identical values
            are equal.
        grants: privileges on this very column: (privilege, grantee as SQL, whether
            the grantee may grant it).
        settings: the settings of ALTER COLUMN, such as ``SET STATISTICS 500``.
    """

    type: str
    cast: str = ""
    type_name: str = ""
    is_deterministic: bool = False
    grants: tuple[tuple[str, str, bool], ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnCopyQuestion(ColumnQuestion[ColumnCopy]):
    """Which type does the column have, and which roles have rights on it?"""


@lookup.answer.register
def _(question: ColumnCopyQuestion, database: Database) -> ColumnCopy | None:
    where = _where(question.table, question.column)
    found = database.rows(
        f"SELECT {_TYPE}, {_CAST}, {_BARE_TYPE}, coalesce(c.collisdeterministic, true),"
        f" coalesce(a.attstattarget, -1)::int, a.attoptions{_FROM}{where}"
    )
    if not found:
        return None
    grants = tuple((row[0], row[1], row[2]) for row in database.rows(_granted(where)))
    type_, cast, type_name, is_deterministic, target, options = found[0]
    settings = settings_of(target, options)
    return ColumnCopy(type_, cast, type_name, is_deterministic, grants, settings)


def settings_of(target: int, options: Sequence[str] | None) -> tuple[str, ...]:
    """Return the settings of ``ALTER COLUMN``, such as ``SET STATISTICS 500``."""
    settings = [f"SET STATISTICS {target}"] if target >= 0 else []
    settings += [f"SET ({', '.join(options)})"] if options else []
    return tuple(settings)


def type_of(table: QualifiedName, column: str) -> str:
    """Return the query for the type of a column, with modifiers and collation."""
    return qualified(f"SELECT {_TYPE}{_FROM}{_where(table, column)}")


def is_spelled(table: QualifiedName, column: str, type_: str) -> str:
    """Return SQL that is true if the column has this type and collation."""
    found = f"{_FROM}{_where(table, column)} AND {_TYPE} = {literal(type_)}"
    return f"EXISTS (SELECT{found})"


def grants_for(table: QualifiedName, column: str, other: str) -> str:
    """Return a query for the GRANT statements of *column*, written for *other*."""
    on_other = f"({quote(other)}) ON {table.sql}".replace("%", "%%")
    statement = literal(f"GRANT %s {on_other} TO %s%s").strip()
    return qualified(
        f"SELECT pg_catalog.string_agg(pg_catalog.format({statement}, privilege,"
        " grantee, CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ')"
        f" FROM ({_granted(_where(table, column))}) g"
    )


def grants_in_partitions(table: QualifiedName, column: str, other: str) -> str:
    """Return the statement that copies the grants in the partitions of *table*."""
    granting = literal(f"GRANT %s ({quote(other).replace('%', '%%')}) ON %s TO %s%s")
    found = (
        f"{partition.tree(table)} SELECT pg_catalog.format({granting.strip()},"
        " x.privilege_type, tree.oid::pg_catalog.regclass,"
        " CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'"
        " ELSE x.grantee::pg_catalog.regrole::text END,"
        " CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
        " FROM tree JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid OPERATOR(pg_catalog.=) tree.oid,"
        " LATERAL pg_catalog.aclexplode(a.attacl) x"
        f" WHERE tree.level OPERATOR(pg_catalog.>) 0"
        f" AND a.attname OPERATOR(pg_catalog.=) {literal(column)}"
    )
    body = f"FOR zdt_grant IN {qualified(found)} LOOP EXECUTE zdt_grant; END LOOP;"
    tag = dollar_tag(body)
    return f"DO {tag} DECLARE zdt_grant pg_catalog.text; BEGIN {body} END {tag}"


def revokes_for(table: QualifiedName, column: str) -> str:
    """Return a query for the REVOKE statements that end all grants on *column*."""
    on = f"({quote(column)}) ON {table.sql}".replace("%", "%%")
    statement = literal(f"REVOKE ALL {on} FROM %s CASCADE").strip()
    return qualified(
        f"SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format({statement},"
        f" grantee), '; ') FROM ({_granted(_where(table, column))}) g"
    )


def _where(table: QualifiedName, column: str) -> str:
    return (
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped"
    )


def _granted(where: str) -> str:
    return (
        "SELECT x.privilege_type AS privilege, CASE WHEN x.grantee = 0 THEN 'PUBLIC'"
        " ELSE x.grantee::pg_catalog.regrole::text END AS grantee,"
        " x.is_grantable AS grantable FROM pg_catalog.pg_attribute a,"
        f" LATERAL pg_catalog.aclexplode(a.attacl) x{where} ORDER BY 2, 1"
    )
