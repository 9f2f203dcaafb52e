"""Find the roles that write a table, and the rights that they lack.

An expression in a default, a trigger's condition or a CHECK has the rights of the role
that writes the row, even through a view.
https://www.postgresql.org/docs/current/rules-privileges.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal

_EQ = "OPERATOR(pg_catalog.=)"
_WRITES_ALL = "pg_write_all_data"


@dataclass(frozen=True)
class Lacking:
    """A missing right of a role that writes a table.

    Attributes:
        role: the role, as SQL.
        right: the right, for example ``EXECUTE ON FUNCTION f(text)``.
    """

    role: str
    right: str

    @property
    def grant(self) -> str:
        """Return the GRANT statement for the right."""
        return f"GRANT {self.right} TO {self.role};"


def lacking(
    database: Database,
    table: QualifiedName,
    probes: Sequence[QualifiedName],
    privileges: Sequence[str] = ("INSERT", "UPDATE"),
) -> tuple[Lacking, ...]:
    """Return the rights that writers of *table* lack for its defaults.

    Args:
        database: a connection to the database that has the probes.
        table: the table that is written, or a view on it.
        probes: tables of this package whose defaults and generated columns are read.
        privileges: the privileges, any of which makes a role a writer.
    """
    rows = database.rows(
        f"WITH RECURSIVE {written(table)}, {_writers(privileges)}, {_needed(probes)}"
        f" SELECT DISTINCT CASE WHEN w.role {_EQ} 'public' THEN 'PUBLIC'"
        " ELSE pg_catalog.quote_ident(w.role) END, n.words FROM writers w, needed n"
        " WHERE NOT CASE WHEN n.is_sequence"
        " THEN pg_catalog.has_sequence_privilege(w.role, n.oid, 'USAGE, UPDATE')"
        " ELSE pg_catalog.has_function_privilege(w.role, n.oid, 'EXECUTE') END"
        " ORDER BY 1, 2"
    )
    return tuple(Lacking(role, right) for role, right in rows)


def are_without_usage(table: QualifiedName, schema: str) -> str:
    """Return SQL that is true if a role that may write *table* lacks USAGE on a schema.

    Args:
        table: the table.
        schema: SQL for the name of the schema.
    """
    lacks = f"NOT pg_catalog.has_schema_privilege(w.role, {schema}, 'USAGE')"
    return (
        f"EXISTS (WITH RECURSIVE {written(table)}, {_writers(('INSERT', 'UPDATE'))}"
        f" SELECT FROM writers w WHERE {lacks})"
    )


def written(*tables: QualifiedName, rights: str = "INSERT, UPDATE") -> str:
    """Return the CTE of the relations through which a table can be written.

    Any role may create a view on any table, and grant rights on the view.  These are
    useless without a right of the view's owner on the table.

    Args:
        tables: the tables; their partitions and the views on them are found.
        rights: the rights, any of which the owner of a view must have on the table that
            it shows.
    """
    views = (
        "SELECT r.ev_class FROM pg_catalog.pg_depend d"
        f" JOIN pg_catalog.pg_rewrite r ON r.oid {_EQ} d.objid"
        f" JOIN pg_catalog.pg_class v ON v.oid {_EQ} r.ev_class"
        " AND pg_catalog.has_any_column_privilege(v.relowner, written.oid,"
        f" {literal(rights)})"
        f" WHERE d.classid {_EQ} {_class('pg_rewrite')}"
        f" AND d.refclassid {_EQ} {_class('pg_class')}"
        f" AND d.refobjid {_EQ} written.oid"
    )
    parts = (
        "SELECT h.inhrelid FROM pg_catalog.pg_inherits h"
        f" WHERE h.inhparent {_EQ} written.oid"
    )
    given = " UNION ".join(
        f"SELECT CAST({table.regclass} AS pg_catalog.oid) AS oid" for table in tables
    )
    return (
        f"written AS ({given} UNION"
        f" SELECT x.oid FROM written, LATERAL ({views} UNION ALL {parts}) x (oid))"
    )


def _writers(privileges: Sequence[str]) -> str:
    """Return the CTE of the roles with one of the privileges on these relations."""
    words = ", ".join(literal(privilege) for privilege in privileges)
    acl = "coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))"
    granted = (
        f"SELECT g.grantee, g.privilege_type FROM pg_catalog.pg_class c"
        f" JOIN written ON written.oid {_EQ} c.oid,"
        f" LATERAL pg_catalog.aclexplode({acl}) g"
        " UNION SELECT g.grantee, g.privilege_type FROM pg_catalog.pg_attribute a"
        f" JOIN written ON written.oid {_EQ} a.attrelid,"
        " LATERAL pg_catalog.aclexplode(a.attacl) g"
    )
    others = (
        "SELECT r.rolname FROM pg_catalog.pg_roles r"
        f" WHERE r.rolname OPERATOR(pg_catalog.<>) '{_WRITES_ALL}'"
        f" AND pg_catalog.pg_has_role(r.oid, '{_WRITES_ALL}', 'USAGE')"
    )
    return (
        "writers AS (SELECT coalesce(r.rolname, 'public') AS role"
        f" FROM ({granted}) g LEFT JOIN pg_catalog.pg_roles r"
        f" ON r.oid {_EQ} g.grantee WHERE g.privilege_type {_EQ} ANY (ARRAY[{words}])"
        f" UNION {others})"
    )


def _needed(probes: Sequence[QualifiedName]) -> str:
    """Return the CTE of the functions and sequences that defaults use."""
    relations = ", ".join(probe.regclass for probe in probes)
    refers_to = f"d.refclassid {_EQ}"
    of_operator = f"{refers_to} {_class('pg_operator')}"
    function = f"CASE WHEN {of_operator} THEN o.oprcode::pg_catalog.oid"
    function += f" WHEN {refers_to} {_class('pg_proc')} THEN d.refobjid END"
    return (
        "needed AS (SELECT coalesce(s.oid, p.oid) AS oid, s.oid IS NOT NULL AS"
        " is_sequence, CASE WHEN s.oid IS NULL THEN pg_catalog.format("
        "'EXECUTE ON FUNCTION %s', p.oid::pg_catalog.regprocedure) ELSE"
        " pg_catalog.format('USAGE ON SEQUENCE %s', s.oid::pg_catalog.regclass) END"
        " AS words FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d"
        f" ON d.objid {_EQ} f.oid AND d.classid {_EQ} {_class('pg_attrdef')}"
        # Before 15 a generated column depends on it by itself.
        f" OR d.objid {_EQ} f.adrelid AND d.classid {_EQ} {_class('pg_class')}"
        f" AND d.objsubid {_EQ} f.adnum"
        f" LEFT JOIN pg_catalog.pg_operator o ON o.oid {_EQ} d.refobjid"
        f" AND {of_operator}"
        f" LEFT JOIN pg_catalog.pg_proc p ON p.oid {_EQ} {function}"
        f" LEFT JOIN pg_catalog.pg_class s ON s.oid {_EQ} d.refobjid"
        f" AND d.refclassid {_EQ} {_class('pg_class')} AND s.relkind {_EQ} 'S'"
        f" WHERE f.adrelid {_EQ} ANY (CAST(ARRAY[{relations}] AS pg_catalog.oid[]))"
        " AND (s.oid IS NOT NULL OR p.oid IS NOT NULL))"
    )


def _class(name: str) -> str:
    return f"'pg_catalog.{name}'::pg_catalog.regclass"
