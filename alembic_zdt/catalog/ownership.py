"""Check whether an object with a name of this package has a trusted owner.

The names that this package derives can be known beforehand.  A role that may create
objects in the schema could make a function or a table of such a name, and change it
later.  Then it would run with the rights of the migrator and of the application.

Trusted owners are:

* the current role and the session's role,
* the roles that a superuser or the owner of the database made these two members of,
* superusers,
* roles that have the rights of the owner of the *subject*, the table that the object is
  for: these could put a trigger on that table anyway.

https://www.postgresql.org/docs/current/role-membership.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.errors import ForeignOwnerError, ZdtError
from alembic_zdt.names import QualifiedName, dollar_tag, literal
from alembic_zdt.printable import printable
from alembic_zdt.qualified import qualified
from alembic_zdt.steps import Precondition, Row

_OPTIONS = " OR ".join(
    f"coalesce((pg_catalog.to_jsonb(m)->>'{option}')::pg_catalog.bool, true)"
    for option in ("inherit_option", "set_option")  # 16+
)
_OURSELVES = "r.rolname IN (current_user, session_user)"
# Before 16 each role may grant itself to any other.  Since 16 its creator may grant it.
_GRANTED = (
    "EXISTS (SELECT FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_database d"
    " ON d.datname = pg_catalog.current_database() WHERE r.oid = m.grantor"
    f" AND (r.rolsuper OR {_OURSELVES}"
    " OR pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))"
)
# pg_has_role() makes a superuser a member of every role.
_OUR_ROLES = (
    "WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r"
    f" WHERE {_OURSELVES}"
    " UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m"
    f" ON m.member = ours.role WHERE ({_OPTIONS}) AND {_GRANTED})"
    " SELECT role FROM ours"
)
KIND = (
    "CASE WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'm' THEN"
    " 'MATERIALIZED VIEW' WHEN c.relkind = 'S' THEN 'SEQUENCE'"
    " WHEN c.relkind = 'f' THEN 'FOREIGN TABLE' WHEN c.relkind IN ('i', 'I')"
    " THEN 'INDEX' WHEN c.relkind = 'c' THEN 'TYPE' ELSE 'TABLE' END"
)
"""The kind of relation ``c``, as the DROP command spells it."""


def is_trusted(
    owner: str,
    subject: QualifiedName | None = None,
    like: QualifiedName | None = None,
) -> str:
    """Return SQL that is true if a role may own an object of this package.

    Args:
        owner: an SQL expression for the oid of the role.
        subject: the table that the object is for.
        like: a type whose owner is trusted as well.
    """
    trusted = f"{owner} IN ({_OUR_ROLES})"
    trusted += (
        " OR EXISTS (SELECT FROM pg_catalog.pg_roles r"
        f" WHERE r.oid = {owner} AND r.rolsuper)"
    )
    if subject is not None:
        trusted += (
            " OR EXISTS (SELECT FROM pg_catalog.pg_class s"
            f" WHERE s.oid = {subject.regclass}"
            f" AND pg_catalog.pg_has_role({owner}, s.relowner, 'USAGE'))"
        )
    if like is not None:
        trusted += (
            " OR EXISTS (SELECT FROM pg_catalog.pg_type l"
            f" WHERE l.oid = pg_catalog.to_regtype({_constant(like.sql)})"
            f" AND pg_catalog.pg_has_role({owner}, l.typowner, 'USAGE'))"
        )
    return f"({trusted})"


def look(
    *parts: str,
    subject: QualifiedName | None = None,
    like: QualifiedName | None = None,
) -> Precondition:
    """Build the precondition that no other role owns an object that *parts* find.

    Args:
        parts: queries of the functions below, such as :func:`routine`.
        subject: the table that the objects are for.
        like: a type whose owner may own them, too.
    """
    return Precondition(_query(parts, subject, like), _refused)


def refusing(
    *parts: str,
    subject: QualifiedName | None = None,
    like: QualifiedName | None = None,
) -> str:
    """Return the check of :func:`look` as a PL/pgSQL block inside a larger block."""
    return (
        f"DECLARE zdt_found record; BEGIN FOR zdt_found IN"
        f" {qualified(_query(parts, subject, like))}"
        " LOOP RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE ="
        " pg_catalog.format('cannot use %s: it belongs to %I', zdt_found.words,"
        " zdt_found.owner), DETAIL = 'Its owner could change it later.', HINT ="
        " pg_catalog.format('Look at what it is, then run: %s;',"
        " zdt_found.mending); END LOOP; END;"
    )


def routine(name: QualifiedName, condition: str = "true") -> str:
    """Return the query for the functions of that name.

    Args:
        name: the name of the function, with or without a schema.
        condition: the condition on a row ``p`` of pg_proc.
    """
    shown = "p.oid::pg_catalog.regprocedure"
    # With SECURITY DEFINER its code would run as the new owner at once.
    changing = f"format('ALTER ROUTINE %s OWNER TO %I', {shown}, current_user)"
    dropping = f"format('DROP ROUTINE %s', {shown})"
    return _part(
        f"'routine %s', {shown}",
        "p.proowner",
        f"CASE WHEN p.prosecdef THEN pg_catalog.{dropping}"
        f" ELSE pg_catalog.{changing} END",
        f"{_named(name)} AND {condition}",
    )


def takes_value_of(table: QualifiedName, columns: Sequence[str]) -> str:
    """Return SQL that is true if a function has one argument, of a column's type."""
    names = ", ".join(map(_constant, columns))
    return (
        "p.pronargs = 1 AND p.proargtypes[0] IN (SELECT a.atttypid"
        f" FROM pg_catalog.pg_attribute a WHERE a.attrelid = {table.regclass}"
        f" AND a.attname IN ({names}))"
    )


def dropping(names: Sequence[QualifiedName], subject: QualifiedName) -> str:
    """Return the ``DO`` block that drops this package's functions of one argument.

    Functions of other roles that have the same name and other arguments stay.
    """
    parts = " UNION ALL ".join(_conversions(name, subject) for name in names)
    found = qualified(
        f"SELECT f.oid::pg_catalog.regprocedure::text AS words FROM ({parts}) f"
    )
    body = (
        f"DECLARE zdt_found record; BEGIN FOR zdt_found IN {found} LOOP"
        " EXECUTE pg_catalog.format('DROP FUNCTION %s', zdt_found.words);"
        " END LOOP; END"
    )
    tag = dollar_tag(body)
    return f"DO {tag} {body} {tag}"


def has_conversion(name: QualifiedName, subject: QualifiedName) -> str:
    """Return SQL that is true if this package's conversion function exists."""
    return f"EXISTS ({_conversions(name, subject)})"


def converts_by(name: QualifiedName, body: str) -> str:
    """Return SQL that is true if a conversion function is as this package makes it.

    Args:
        name: the name of the function.
        body: the expression that it returns, as the server spells it.
    """
    return (
        f"EXISTS (SELECT FROM {_named(name)} AND p.pronargs = 1"
        " AND NOT p.prosecdef AND p.proconfig IS NULL"
        f" AND pg_catalog.pg_get_function_sqlbody(p.oid) = {literal(body)})"
    )


def _conversions(name: QualifiedName, subject: QualifiedName) -> str:
    return (
        f"SELECT p.oid FROM {_named(name)} AND p.pronargs = 1"
        f" AND {is_trusted('p.proowner', subject)}"
    )


def _named(name: QualifiedName) -> str:
    return (
        f"pg_catalog.pg_proc p WHERE p.proname = {_constant(name.name)}"
        f" AND p.pronamespace IN ({_schemas(name)})"
    )


def relation(name: QualifiedName) -> str:
    """Return the query for a table, view, sequence or index of that name."""
    shown = "c.oid::pg_catalog.regclass"
    return _part(
        f"'%s %s', pg_catalog.lower({KIND}), {shown}",
        "c.relowner",
        # Rules of a table and queries of a view would get the new owner's rights.
        "CASE WHEN c.relkind = 'S' THEN"
        f" pg_catalog.format('ALTER SEQUENCE %s OWNER TO %I', {shown}, current_user)"
        f" ELSE pg_catalog.format('DROP %s %s', {KIND}, {shown}) END",
        f"pg_catalog.pg_class c WHERE c.relname = {_constant(name.name)}"
        f" AND c.relnamespace IN ({_schemas(name)})",
    )


def view(name: QualifiedName) -> str:
    """Return the query for the relation that the name means, if it is a view."""
    shown = "c.oid::pg_catalog.regclass"
    return _part(
        f"'view %s', {shown}",
        "c.relowner",
        f"pg_catalog.format('DROP VIEW %s', {shown})",
        f"pg_catalog.pg_class c WHERE c.relkind = 'v' AND c.oid = {name.regclass}",
    )


def type_(name: QualifiedName) -> str:
    """Return the query for a type of that name."""
    shown = "t.oid::pg_catalog.regtype"
    return _part(
        f"'type %s', {shown}",
        "t.typowner",
        # A domain may call functions.
        "CASE WHEN t.typtype = 'e' THEN"
        f" pg_catalog.format('ALTER TYPE %s OWNER TO %I', {shown}, current_user)"
        f" ELSE pg_catalog.format('DROP TYPE %s', {shown}) END",
        f"pg_catalog.pg_type t WHERE t.typname = {_constant(name.name)}"
        f" AND t.typnamespace IN ({_schemas(name)})",
    )


def trigger(name: str, table: QualifiedName) -> str:
    """Return the query for a trigger of that name, and the owner of its function.

    Any role with the right TRIGGER on the table may make one.
    """
    return _part(
        "'trigger %I, which calls %s', g.tgname, f.oid::pg_catalog.regprocedure",
        "f.proowner",
        "pg_catalog.format('DROP TRIGGER %I ON %s', g.tgname,"
        " g.tgrelid::pg_catalog.regclass)",
        "pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid"
        f" WHERE g.tgrelid = {table.regclass} AND g.tgname = {_constant(name)}",
    )


def _part(words: str, owner: str, mending: str, source: str) -> str:
    return f"SELECT pg_catalog.format({words}), {owner}, {mending} FROM {source}"


def _query(
    parts: Sequence[str],
    subject: QualifiedName | None,
    like: QualifiedName | None,
) -> str:
    return (
        "SELECT z.words, pg_catalog.pg_get_userbyid(z.role)::pg_catalog.text AS owner,"
        f" z.mending FROM ({' UNION ALL '.join(parts)}) z (words, role, mending)"
        f" WHERE NOT {is_trusted('z.role', subject, like)}"
    )


def _schemas(name: QualifiedName) -> str:
    """Return the query for the schemas in which a name is looked up."""
    if name.schema is not None:
        wanted = f"n.nspname = {_constant(name.schema)}"
    else:
        wanted = "n.nspname = ANY (pg_catalog.current_schemas(false))"
    return f"SELECT n.oid FROM pg_catalog.pg_namespace n WHERE {wanted}"


def _constant(text: str) -> str:
    return literal(text).strip()


def _refused(rows: Sequence[Row]) -> ZdtError:
    words, owner, statement = map(printable, rows[0])
    return ForeignOwnerError(
        f'cannot use {words}: it belongs to "{owner}"',
        detail="The object has a name of this package. Its owner could change the "
        "object later, and act with the rights of each role that uses it.",
        hint=f"Look at what the object is, then run: {statement};",
        owner=owner,
    )
