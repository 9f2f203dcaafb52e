"""Whether an object that has one of our names belongs to a role that we trust.

The names that this package derives can be known beforehand.  Whoever may create objects
in the schema could make a function or a table of such a name and change it later, so
that it runs with the rights of the migrator and of the application.

Trusted owners are the current role, the session's role, the roles that these two are
members of, superusers, and roles that have the rights of the owner of the *subject*,
the table that the object is for: these could put a trigger on that table anyway.
https://www.postgresql.org/docs/current/role-membership.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.errors import ForeignOwnerError, ZdtError
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.steps import Precondition, Row

_OPTIONS = " OR ".join(
    f"coalesce((pg_catalog.to_jsonb(m)->>'{option}')::pg_catalog.bool, true)"
    for option in ("inherit_option", "set_option")  # 16+
)
# pg_has_role() makes a superuser a member of every role.
_OUR_ROLES = (
    "WITH RECURSIVE ours (role) AS (SELECT r.oid FROM pg_catalog.pg_roles r"
    " WHERE r.rolname IN (current_user, session_user)"
    " UNION SELECT m.roleid FROM ours JOIN pg_catalog.pg_auth_members m"
    f" ON m.member = ours.role WHERE {_OPTIONS}) SELECT role FROM ours"
)
_RELATIONS = (
    "CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'"
    " WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'"
    " WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE'"
    " ELSE 'TABLE' END"
)


def is_trusted(owner: str, subject: QualifiedName | None = None) -> str:
    """Return the condition that a role may own an object of ours.

    Args:
        owner: an SQL expression for the oid of the role.
        subject: the table that the object is for.
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
    return f"({trusted})"


def of_routines(
    *names: QualifiedName, subject: QualifiedName | None = None
) -> Precondition:
    """Refuse functions of these names, whatever their arguments, of other roles."""
    return Precondition(
        " UNION ALL ".join(_routines(name, subject) for name in names), _refused
    )


def of_relations(
    *names: QualifiedName, subject: QualifiedName | None = None
) -> Precondition:
    """Refuse tables, views, sequences and indexes of these names of other roles."""
    return Precondition(
        " UNION ALL ".join(_relations(name, subject) for name in names), _refused
    )


def of_types(
    *names: QualifiedName, subject: QualifiedName | None = None
) -> Precondition:
    """Refuse types of these names of other roles."""
    return Precondition(
        " UNION ALL ".join(_types(name, subject) for name in names), _refused
    )


def of_trigger(trigger: str, table: QualifiedName) -> Precondition:
    """Refuse a trigger of this name that runs a function of another role.

    A trigger has no owner: any role with the right TRIGGER on the table may make one.
    """
    statement = f"DROP TRIGGER %I ON {table.sql.replace('%', '%%')}"
    query = (
        "SELECT pg_catalog.format('trigger %I, which runs %s', t.tgname, p.oid::"
        "pg_catalog.regprocedure), pg_catalog.pg_get_userbyid(p.proowner)::"
        f"pg_catalog.text, pg_catalog.format({_constant(statement)}, t.tgname)"
        " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        f" WHERE t.tgrelid = {table.regclass} AND t.tgname = {literal(trigger)}"
        f" AND NOT {is_trusted('p.proowner', table)}"
    )
    return Precondition(query, _refused)


def _routines(name: QualifiedName, subject: QualifiedName | None) -> str:
    return _found(
        "'routine %s', p.oid::pg_catalog.regprocedure",
        "p.proowner",
        "'ALTER ROUTINE %s OWNER TO %I', p.oid::pg_catalog.regprocedure",
        f"pg_catalog.pg_proc p WHERE p.proname = {literal(name.name)}"
        f" AND p.pronamespace IN ({_schemas(name)})",
        subject,
    )


def _relations(name: QualifiedName, subject: QualifiedName | None) -> str:
    shown = "c.oid::pg_catalog.regclass"
    return _found(
        f"'%s %s', pg_catalog.lower({_RELATIONS}), {shown}",
        "c.relowner",
        f"'ALTER %s %s OWNER TO %I', {_RELATIONS}, {shown}",
        f"pg_catalog.pg_class c WHERE c.relname = {literal(name.name)}"
        f" AND c.relnamespace IN ({_schemas(name)})",
        subject,
    )


def _types(name: QualifiedName, subject: QualifiedName | None) -> str:
    shown = "t.oid::pg_catalog.regtype"
    return _found(
        f"'type %s', {shown}",
        "t.typowner",
        f"'ALTER TYPE %s OWNER TO %I', {shown}",
        f"pg_catalog.pg_type t WHERE t.typname = {literal(name.name)}"
        f" AND t.typnamespace IN ({_schemas(name)})",
        subject,
    )


def _found(
    words: str,
    owner: str,
    mending: str,
    source: str,
    subject: QualifiedName | None,
) -> str:
    return (
        f"SELECT pg_catalog.format({words}),"
        f" pg_catalog.pg_get_userbyid({owner})::pg_catalog.text,"
        f" pg_catalog.format({mending}, current_user)"
        f" FROM {source} AND NOT {is_trusted(owner, subject)}"
    )


def _schemas(name: QualifiedName) -> str:
    """Where it may stand: without a schema, anywhere on the search_path."""
    if name.schema is not None:
        wanted = f"n.nspname = {literal(name.schema)}"
    else:
        wanted = "n.nspname = ANY (pg_catalog.current_schemas(false))"
    return f"SELECT n.oid FROM pg_catalog.pg_namespace n WHERE {wanted}"


def _constant(text: str) -> str:
    return literal(text).strip()


def _refused(rows: Sequence[Row]) -> ZdtError:
    words, owner, statement = rows[0]
    return ForeignOwnerError(
        f'cannot use {words}: it belongs to "{owner}"',
        detail="It has a name of this package. Its owner could change it later, and "
        "act with the rights of whoever uses it.",
        hint=f"Look at what it is, then drop it, or run: {statement};",
        owner=owner,
    )
