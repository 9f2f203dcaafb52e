"""The view that has the old name of a table for a while.

https://www.postgresql.org/docs/current/rules-privileges.html
"""

from __future__ import annotations

from alembic_zdt.names import QualifiedName, literal

is_older_than_15 = "(pg_catalog.current_setting('server_version_num')::int < 150000)"
"""The condition that views cannot use the rights of whoever reads them."""

_MARK = "alembic_zdt: the old name of "


def is_table(name: QualifiedName) -> str:
    """The condition that an ordinary or partitioned table has the name."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c"
        f" WHERE c.oid = {name.regclass} AND c.relkind IN ('r', 'p'))"
    )


def is_renamed(old: QualifiedName, new: QualifiedName) -> str:
    """The condition that a table has the new name, and none the old one."""
    return f"({is_table(new)} AND NOT {is_table(old)})"


def has_row_security(name: QualifiedName) -> str:
    """The condition that the table has row level security."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c"
        f" WHERE c.oid = {name.regclass} AND c.relrowsecurity)"
    )


def is_there(view: QualifiedName, table: QualifiedName) -> str:
    """The condition that *view* is a view of ours with nothing but *table* in it."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid"
        " JOIN pg_catalog.pg_depend d ON d.objid = r.oid"
        " AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        f" WHERE c.oid = {view.regclass} AND c.relkind = 'v'"
        f" AND d.refobjid = {table.regclass}"
        " AND pg_catalog.starts_with(pg_catalog.obj_description(r.oid, 'pg_rewrite'),"
        f" {literal(_MARK)}))"
    )


def creating(view: QualifiedName, table: QualifiedName) -> tuple[str, ...]:
    """The statements that make the view, with owner, rights and comment of the table.

    Args:
        view: the old name.
        table: the new one.
    """
    mark = literal(f"{_MARK}{table.words}")
    invoking = _format(f"ALTER VIEW {view.sql} SET (security_invoker = true)")
    return (
        f"CREATE VIEW {view.sql} AS SELECT * FROM {table.sql}",  # quoted
        f'COMMENT ON RULE "_RETURN" ON {view.sql} IS {mark}',
        # A script knows neither the schema of the table nor the version of the server.
        _executing(_moving(view, table)),
        _executing(f"SELECT {invoking} WHERE NOT {is_older_than_15}"),
        _executing(_owner(view, table)),
        _executing(_comment(view, table)),
        _executing(_grants(view, table)),
        _executing(_column_grants(view, table)),
    )


def _executing(query: str) -> str:
    return f"DO $zdt$ BEGIN EXECUTE coalesce(({query}), 'SELECT 1'); END $zdt$"


def _format(statement: str) -> str:
    return literal(statement).strip()


def _moving(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"ALTER VIEW {view.sql.replace('%', '%%')} SET SCHEMA %I")
    return (
        f"SELECT pg_catalog.format({statement}, n.nspname) FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_class v ON v.relnamespace <> c.relnamespace"
        f" WHERE c.oid = {table.regclass} AND v.oid = {view.regclass}"
    )


def _owner(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"ALTER VIEW {view.sql.replace('%', '%%')} OWNER TO %I")
    return (
        f"SELECT pg_catalog.format({statement}, pg_catalog.pg_get_userbyid(c.relowner))"
        f" FROM pg_catalog.pg_class c WHERE c.oid = {table.regclass}"
    )


def _comment(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"COMMENT ON VIEW {view.sql.replace('%', '%%')} IS %L")
    words = f"pg_catalog.obj_description({table.regclass}, 'pg_class')"
    return (
        f"SELECT pg_catalog.format({statement}, x) FROM (VALUES ({words})) v (x)"
        " WHERE x IS NOT NULL"
    )


def _grants(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"GRANT %s ON {view.sql.replace('%', '%%')} TO %s%s")
    return (
        f"SELECT pg_catalog.string_agg(pg_catalog.format({statement},"
        f" g.privilege_type, {_GRANTEE}), '; ') FROM pg_catalog.pg_class c,"
        " LATERAL pg_catalog.aclexplode(c.relacl) g"
        f" WHERE c.oid = {table.regclass} AND g.grantee <> c.relowner"
    )


def _column_grants(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"GRANT %s (%I) ON {view.sql.replace('%', '%%')} TO %s%s")
    return (
        f"SELECT pg_catalog.string_agg(pg_catalog.format({statement},"
        f" g.privilege_type, a.attname, {_GRANTEE}), '; ')"
        " FROM pg_catalog.pg_attribute a, LATERAL pg_catalog.aclexplode(a.attacl) g"
        f" WHERE a.attrelid = {table.regclass} AND NOT a.attisdropped"
    )


_GRANTEE = (
    "CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END,"
    " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
)
