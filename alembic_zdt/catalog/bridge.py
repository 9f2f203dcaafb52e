"""The view with the old name of a table, or with a second name of a column.

https://www.postgresql.org/docs/current/rules-privileges.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alembic_zdt.catalog import rights
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, dollar_tag, literal, quote, unquoted

is_older_than_15 = "(pg_catalog.current_setting('server_version_num')::int < 150000)"
"""SQL that is true if views cannot use the rights of the role that reads them."""

BY_OWNER = (
    "Before PostgreSQL 15, and where a role may read only some of the columns, the"
    " view reads with the rights of its owner, so every role would see all rows"
    " through it."
)
"""The reason why no view can stand in for a table with row level security."""

_OURS = "alembic_zdt: "
_MARK = f"{_OURS}the old name of "
_ALIAS_MARK = f"{_OURS}two names of a column: "
_IDENTIFIER = r'("(?:[^"]|"")+"|[^",]+)'
_ALIASES = re.compile(f"{_ALIAS_MARK}{_IDENTIFIER}, {_IDENTIFIER}", re.DOTALL)
_VIEWS = (
    "FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid"
    " JOIN pg_catalog.pg_depend d ON d.objid = r.oid"
    " AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
)


@dataclass(frozen=True)
class Alias:
    """A second name of a column, which a view shows.

    Attributes:
        column: its name in the table.
        name: its other name.
    """

    column: str
    name: str

    @property
    def mark(self) -> str:
        """Return the comment on the rule of the view."""
        return f"{_ALIAS_MARK}{quote(self.column)}, {quote(self.name)}"


@dataclass(frozen=True)
class Bridge:
    """An existing view of this package.

    Attributes:
        view: its name.
        table: the table that it shows.
        meaning: the comment on its rule, without the prefix of this package.
    """

    view: QualifiedName
    table: QualifiedName
    meaning: str

    @property
    def alias(self) -> Alias | None:
        """Return the column with two names, None where the table has two."""
        found = _ALIASES.fullmatch(f"{_OURS}{self.meaning}")
        return Alias(*map(unquoted, found.groups())) if found else None


def bridges(database: Database) -> list[Bridge]:
    """Return the views of all schemas, by name."""
    rows = database.rows(
        "SELECT DISTINCT v.relname::text, n.nspname::text, c.relname::text,"
        " m.nspname::text, pg_catalog.obj_description(r.oid, 'pg_rewrite')"
        f" {_VIEWS} JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.oid <> v.oid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace"
        " JOIN pg_catalog.pg_namespace m ON m.oid = c.relnamespace"
        " WHERE pg_catalog.starts_with("
        f"pg_catalog.obj_description(r.oid, 'pg_rewrite'), {literal(_OURS)})"
        " ORDER BY 2, 1"
    )
    return [
        Bridge(QualifiedName(v, n), QualifiedName(c, m), words.removeprefix(_OURS))
        for v, n, c, m, words in rows
    ]


def is_table(name: QualifiedName) -> str:
    """Return SQL that is true if an ordinary or partitioned table has the name."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c"
        f" WHERE c.oid = {name.regclass} AND c.relkind IN ('r', 'p'))"
    )


def is_renamed(old: QualifiedName, new: QualifiedName) -> str:
    """Return SQL that is true if a table has the new name, and none has the old one."""
    return f"({is_table(new)} AND NOT {is_table(old)})"


def has_row_security(name: QualifiedName) -> str:
    """Return SQL that is true if the table has row level security."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class c"
        f" WHERE c.oid = {name.regclass} AND c.relrowsecurity)"
    )


def is_read_in_part(name: QualifiedName) -> str:
    """Return SQL that is true if a role may read some columns, and not all.

    The user of a view that runs with the user's rights needs a right on each column
    that the view shows, whichever columns a query reads.
    """
    is_public = "g.grantee OPERATOR(pg_catalog.=) 0"
    role = f"CASE WHEN {is_public} THEN 'public' ELSE r.rolname END"
    reads = f"pg_catalog.has_column_privilege({role}, a.attrelid, b.attnum, 'SELECT')"
    columns = "attnum OPERATOR(pg_catalog.>) 0 AND NOT {}.attisdropped"
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attribute b"
        " ON b.attrelid OPERATOR(pg_catalog.=) a.attrelid"
        f" AND b.{columns.format('b')}, LATERAL pg_catalog.aclexplode(a.attacl) g"
        " LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) g.grantee"
        f" WHERE a.attrelid OPERATOR(pg_catalog.=) {name.regclass}"
        f" AND a.{columns.format('a')}"
        f" AND g.privilege_type OPERATOR(pg_catalog.=) 'SELECT' AND NOT {reads})"
    )


def is_hidden(name: QualifiedName) -> str:
    """Return SQL that is true if a view would show hidden rows, or lock out a role."""
    needs_owner = f"({is_older_than_15} OR {is_read_in_part(name)})"
    return f"({has_row_security(name)} AND {needs_owner})"


def is_there(view: QualifiedName, table: QualifiedName) -> str:
    """Return SQL that is true if *view* is this package's old name of *table*."""
    return _is_view(view, table, f"pg_catalog.starts_with(%s, {literal(_MARK)})")


def showing(table: QualifiedName, column: str) -> str:
    """Return the query for views with an old name of *table* that show *column*."""
    return (
        f"SELECT DISTINCT v.relname::text, n.nspname::text {_VIEWS}"
        " JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid"
        " AND a.attnum = d.refobjsubid"
        f" WHERE d.refobjid = {table.regclass} AND a.attname = {literal(column)}"
        f" AND {is_old_name('r.oid', 'd.refobjid')} ORDER BY 2, 1"
    )


def of_table(table: QualifiedName, column: str | None = None) -> str:
    """Return the query for our views of a table: rows of (view, table, comment).

    Args:
        table: the table.
        column: return only views that show this column.
    """
    is_shown = "true"
    if column is not None:
        is_shown = (
            "EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
            f" AND a.attnum = d.refobjsubid AND a.attname = {literal(column)})"
        )
    comment = "pg_catalog.obj_description(r.oid, 'pg_rewrite')"
    return (
        f"SELECT DISTINCT v.relname::text, c.relname::text, {comment} {_VIEWS}"
        # Any role may make a view, and comment it as we do.
        " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid"
        " AND c.relowner = v.relowner AND c.relnamespace = v.relnamespace"
        f" WHERE c.oid = {table.regclass} AND v.oid <> c.oid"
        f" AND {is_shown}"
        f" AND pg_catalog.starts_with({comment}, {literal(_OURS)}) ORDER BY 1"
    )


def ending(view: str, table: str, comment: str, schema: str | None) -> str:
    """Return the call that ends the rename for which a view exists.

    Args:
        view: its name.
        table: the name of its table.
        comment: the comment on the rule of the view.
        schema: the schema, as the caller names it.
    """
    names = _ALIASES.fullmatch(comment)
    at = f", schema={schema!r}" if schema else ""
    if names is None:
        return f"op.contract_rename_table({view!r}, {table!r}{at})"
    old, new = map(unquoted, names.groups())
    call = f"({view!r}, {old!r}, {new!r}, strategy='view'{at})"
    return f"op.contract_rename_column{call}"


def is_old_name(rule: str, table: str) -> str:
    """Return SQL that is true if a rule makes a view with an old name of a table.

    Any role may make a view on a table, and comment it the same way.  A view of this
    package has the owner of the table, and its schema.

    Args:
        rule: SQL for the oid of the rule.
        table: SQL for the oid of the table.
    """
    comment = "pg_catalog.obj_description(o.oid, 'pg_rewrite')"
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_rewrite o JOIN pg_catalog.pg_class w"
        " ON w.oid = o.ev_class JOIN pg_catalog.pg_class s"
        " ON s.relowner = w.relowner AND s.relnamespace = w.relnamespace"
        f" WHERE o.oid = {rule} AND s.oid = {table}"
        f" AND pg_catalog.starts_with({comment}, {literal(_MARK)}))"
    )


def has_alias(view: QualifiedName, table: QualifiedName, alias: Alias) -> str:
    """Return SQL that is true if *view* is *table* with a second name of a column."""
    return _is_view(view, table, f"%s = {literal(alias.mark)}")


def _is_view(view: QualifiedName, table: QualifiedName, marked: str) -> str:
    """Return SQL that is true if a view shows a table, and its rule is *marked*."""
    comment = "pg_catalog.obj_description(r.oid, 'pg_rewrite')"
    return (
        f"EXISTS (SELECT {_VIEWS} WHERE v.oid = {view.regclass} AND v.relkind = 'v'"
        f" AND d.refobjid = {table.regclass}"
        f" AND {marked.replace('%s', comment, 1)})"
    )


def creating(
    view: QualifiedName, table: QualifiedName, alias: Alias | None = None
) -> tuple[str, ...]:
    """Return the statements that make the view, with the table's owner and rights.

    Args:
        view: the old name.
        table: the new name.
        alias: a second name of a column.
    """
    mark = literal(alias.mark if alias else f"{_MARK}{table.label}")
    columns = (
        "*" if alias is None else f"*, {quote(alias.column)} AS {quote(alias.name)}"
    )
    pairs = ((alias.name, alias.column),) if alias else ()
    invoking = _format(f"ALTER VIEW {view.sql} SET (security_invoker = true)")
    return (
        f"CREATE VIEW {view.sql} AS SELECT {columns} FROM {table.sql}",
        f'COMMENT ON RULE "_RETURN" ON {view.sql} IS {mark}',
        # A script knows neither the schema of the table nor the version of the server.
        _executing(_moving(view, table)),
        _executing(
            f"SELECT {invoking} WHERE NOT {is_older_than_15}"
            f" AND NOT {is_read_in_part(table)}"
        ),
        _executing(_comment(view, table)),
        _executing(*rights.alike(view, table, pairs)),
    )


def rights_go_back(view: QualifiedName, table: QualifiedName, alias: Alias) -> str:
    """Return the statement that gives the table the current rights of the view.

    Args:
        view: the view that is about to be dropped.
        table: the table that takes the name of the view.
        alias: the column of the table, and the name in the view whose rights it gets.
    """
    pairs = ((alias.column, alias.name),)
    return _executing(*rights.alike(table, view, pairs))


def _executing(*queries: str) -> str:
    """Return a block that runs the statements that the queries return, in order."""
    running = rights.running(*queries)
    tag = dollar_tag(running)
    return f"DO {tag} BEGIN {running} END {tag}"


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


def _comment(view: QualifiedName, table: QualifiedName) -> str:
    statement = _format(f"COMMENT ON VIEW {view.sql.replace('%', '%%')} IS %L")
    words = f"pg_catalog.obj_description({table.regclass}, 'pg_class')"
    return (
        f"SELECT pg_catalog.format({statement}, x) FROM (VALUES ({words})) v (x)"
        " WHERE x IS NOT NULL"
    )
