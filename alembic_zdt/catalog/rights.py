"""Give a relation the owner and the rights of another one.

Each query returns statements that change the target, or NULL when there is nothing to
do.  Both relations have to exist when it is run.
https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified

GRANTEE = (
    "CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END"
)
"""Grantee of a right ``g`` of aclexplode(), as it is written after TO and FROM."""

OPTION = "CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
"""Grant option of a right ``g``, as it is written after the grantee."""

_RIGHTS = "g.privilege_type, g.grantee, g.is_grantable"


def alike(
    target: QualifiedName, source: QualifiedName, pairs: tuple[tuple[str, str], ...]
) -> Iterator[str]:
    """Yield queries for statements that give *target* the owner and rights of *source*.

    Rights that *source* does not have are revoked: default privileges may have granted
    them when the target was made.

    Args:
        target: a table or a view.
        source: the table or view to copy them from.
        pairs: columns of the target, and of the source, that differ in their names.
    """
    yield owned_alike(target, source)
    yield _changes("REVOKE %s ON", target, "FROM %s", _missing(target, source))
    yield _changes("GRANT %s ON", target, "TO %s%s", _of_relation(source), OPTION)
    extra = _columns(target, source, pairs, of_source=False)
    yield _changes("REVOKE %s (%I) ON", target, "FROM %s", extra)
    wanted = _columns(target, source, pairs, of_source=True)
    yield _changes("GRANT %s (%I) ON", target, "TO %s%s", wanted, OPTION)


def only_on(view: QualifiedName, table: QualifiedName) -> str:
    """Return the query that describes rights on *view* that *table* lacks."""
    name = f"{view.regclass}::text"
    of_columns = _columns(view, table, (), of_source=False)
    return (
        f"SELECT pg_catalog.format('right to %s %s of %s', g.privilege_type, {name},"
        f" {GRANTEE}) FROM ({_missing(view, table)}) g UNION ALL"
        f" SELECT pg_catalog.format('right to %s %s.%I of %s', g.privilege_type,"
        f" {name}, g.attname, {GRANTEE}) FROM ({of_columns}) g"
    )


def running(*queries: str) -> str:
    """Return PL/pgSQL that runs the statements that the queries return, in order."""
    return " ".join(f"EXECUTE coalesce(({qualified(q)}), 'SELECT 1');" for q in queries)


def owned_alike(target: QualifiedName, source: QualifiedName) -> str:
    """Return the query for the statement that gives *target* the owner of *source*."""
    statement = literal(f"ALTER TABLE {_escaped(target)} OWNER TO %I")
    return (
        f"SELECT pg_catalog.format({statement}, pg_catalog.pg_get_userbyid(s.relowner))"
        " FROM pg_catalog.pg_class s JOIN pg_catalog.pg_class t"
        f" ON t.relowner <> s.relowner WHERE s.oid = {source.regclass}"
        f" AND t.oid = {target.regclass}"
    )


def _escaped(name: QualifiedName) -> str:
    return name.sql.replace("%", "%%")


def _changes(
    verb: str, target: QualifiedName, whom: str, rights: str, option: str = ""
) -> str:
    statement = literal(f"{verb} {_escaped(target)} {whom}")
    column = ", g.attname" if "%I" in verb else ""
    more = f", {option}" if option else ""
    return (
        f"SELECT pg_catalog.string_agg(pg_catalog.format({statement},"
        f" g.privilege_type{column}, {GRANTEE}{more}), '; ') FROM ({rights}) g"
    )


def _of_relation(relation: QualifiedName) -> str:
    return (
        f"SELECT {_RIGHTS} FROM pg_catalog.pg_class c,"
        " LATERAL pg_catalog.aclexplode(c.relacl) g"
        f" WHERE c.oid = {relation.regclass} AND g.grantee <> c.relowner"
    )


def _missing(target: QualifiedName, source: QualifiedName) -> str:
    """Return the query for rights on the target that the source lacks."""
    return f"{_of_relation(target)} EXCEPT {_of_relation(source)}"


def _columns(
    target: QualifiedName,
    source: QualifiedName,
    pairs: tuple[tuple[str, str], ...],
    *,
    of_source: bool,
) -> str:
    """Return the query for rights on columns by their names in the target.

    Args:
        target: the relation whose columns they are.
        source: the other relation.
        pairs: names that differ.
        of_source: whether to return the rights on the source, or else those on the
            target that the source lacks.
    """
    own = (
        f"SELECT a.attname, {_RIGHTS} FROM pg_catalog.pg_attribute a,"
        " LATERAL pg_catalog.aclexplode(a.attacl) g"
        f" WHERE a.attrelid = {target.regclass} AND NOT a.attisdropped"
    )
    others = (
        f"SELECT t.attname, {_RIGHTS} FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_attribute t ON NOT t.attisdropped"
        f" AND t.attrelid = {target.regclass} AND a.attname = {_of_name(pairs)},"
        " LATERAL pg_catalog.aclexplode(a.attacl) g"
        f" WHERE a.attrelid = {source.regclass} AND NOT a.attisdropped"
    )
    return others if of_source else f"{own} EXCEPT {others}"


def _of_name(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return SQL for the name that a column of the target has in the source."""
    if not pairs:
        return "t.attname"
    cases = (f"WHEN t.attname = {literal(t)} THEN {literal(s)}" for t, s in pairs)
    return f"CASE {' '.join(cases)} ELSE t.attname::text END"
