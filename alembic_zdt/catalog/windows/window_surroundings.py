"""Changes around an open window that stop it from keeping its columns equal.

Examples are a table that inherits from its table, a default of its twin or of the
twin's domain, another owner, and a user's trigger that does not fire between this
package's triggers.  None of these is a part of the window, and each breaks it.
https://www.postgresql.org/docs/current/ddl-inherit.html
"""

from __future__ import annotations

from alembic_zdt.catalog import trigger
from alembic_zdt.catalog.windows.open_windows import IS_OF_ITS_TABLE
from alembic_zdt.names import SYNC_CHECK, SYNC_FIRST, SYNC_TRIGGER

_ROLE = "pg_catalog.pg_get_userbyid"

_CHILDREN = (
    "SELECT w.*, pg_catalog.format('table %s inherits from %s, whose trigger does not"
    " fire there', h.inhrelid::pg_catalog.regclass, w.rel::pg_catalog.regclass),"
    " pg_catalog.format('ALTER TABLE %s NO INHERIT %s',"
    " h.inhrelid::pg_catalog.regclass, w.rel::pg_catalog.regclass)"
    " FROM w JOIN pg_catalog.pg_inherits h ON h.inhparent = w.rel"
    " JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid AND NOT c.relispartition"
)
_DEFAULTS = (
    "SELECT w.*, pg_catalog.format('column %I of %s has a default, which is written"
    " over what old code inserts', a.attname, a.attrelid::pg_catalog.regclass),"
    " pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT',"
    " a.attrelid::pg_catalog.regclass, a.attname) FROM w"
    " JOIN pg_catalog.pg_attribute t ON t.attrelid = w.rel AND t.attnum = w.twin"
    " JOIN pg_catalog.pg_attribute a ON a.attname = t.attname AND a.atthasdef"
    " AND (a.attrelid = w.rel OR a.attrelid IN (SELECT x.relid"
    " FROM pg_catalog.pg_partition_tree(w.rel) x))"
)
# A default of the column takes precedence over that of its domain.
_DOMAINS = (
    "SELECT w.*, pg_catalog.format('domain %s, the type of column %I of %s, has a"
    " default, which is written over what old code inserts',"
    " y.oid::pg_catalog.regtype, a.attname, w.rel::pg_catalog.regclass),"
    " pg_catalog.format('ALTER DOMAIN %s DROP DEFAULT', y.oid::pg_catalog.regtype)"
    " FROM w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.rel"
    " AND a.attnum = w.twin AND NOT a.atthasdef"
    " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid AND y.typtype = 'd'"
    " AND y.typdefault IS NOT NULL"
)
_NOT_NULL_DOMAINS = (
    "SELECT w.*, pg_catalog.format('domain %s of column %I of %s is NOT NULL, so code"
    " that does not write the column fails', d.oid::pg_catalog.regtype, a.attname,"
    " w.rel::pg_catalog.regclass),"
    " pg_catalog.format('ALTER DOMAIN %s DROP NOT NULL', d.oid::pg_catalog.regtype)"
    " FROM w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.rel"
    " AND a.attnum = w.twin, LATERAL (WITH RECURSIVE up AS"
    " (SELECT y.oid, y.typnotnull, y.typbasetype FROM pg_catalog.pg_type y"
    " WHERE y.oid = a.atttypid AND y.typtype = 'd'"
    " UNION ALL SELECT y.oid, y.typnotnull, y.typbasetype FROM up"
    " JOIN pg_catalog.pg_type y ON y.oid = up.typbasetype AND y.typtype = 'd')"
    " SELECT up.oid FROM up WHERE up.typnotnull) d"
)
_CALLED = (
    "FROM w JOIN pg_catalog.pg_proc f ON f.oid = w.function"
    " JOIN pg_catalog.pg_proc p ON p.oid = f.oid OR p.pronamespace = f.pronamespace"
    " AND p.proname ~ '^zdt_(up|down)_'"
    " AND pg_catalog.strpos(f.prosrc, p.proname::text || '(') > 0"
    # Others may have functions of that name which take something else.
    " AND p.pronargs = 1 AND p.proargtypes[0] IN (SELECT a.atttypid"
    " FROM pg_catalog.pg_attribute a WHERE a.attrelid = w.rel"
    " AND a.attnum = ANY (w.keys))"
)
_OWNERS = (
    "SELECT w.*, pg_catalog.format('the function %s of its trigger belongs to %I, "
    "which lacks the rights of %I, the owner of the table', "
    f"p.oid::pg_catalog.regprocedure, {_ROLE}(p.proowner), {_ROLE}(c.relowner)), "
    "pg_catalog.format('ALTER FUNCTION %s OWNER TO %I', "
    f"p.oid::pg_catalog.regprocedure, {_ROLE}(c.relowner)) {_CALLED} JOIN "
    "pg_catalog.pg_class c ON c.oid = w.rel WHERE NOT "
    "pg_catalog.pg_has_role(p.proowner, c.relowner, 'USAGE')"
)
# The server fires them in the order of their bytes.
_NAME = 't.tgname::text COLLATE "C"'
_LAST = (
    '(SELECT pg_catalog.max(o.tgname::text COLLATE "C") FROM pg_catalog.pg_trigger o'
    " WHERE o.tgrelid = w.rel AND o.tgfoid = w.function"
    f" AND pg_catalog.starts_with(o.tgname::text, '{SYNC_TRIGGER}'))"
)
_IS_EARLIER = f"{_NAME} < '{SYNC_FIRST}' COLLATE \"C\""
_OUTER = (
    "SELECT w.*, pg_catalog.format(CASE WHEN"
    f" {_IS_EARLIER} THEN 'trigger %I of %s fires before ours, and does not see what"
    " new code writes' ELSE 'trigger %I of %s fires after ours, and may change a row"
    " that is in sync' END, t.tgname, t.tgrelid::pg_catalog.regclass),"
    " pg_catalog.format('ALTER TRIGGER %I ON %s RENAME TO %I', t.tgname,"
    " t.tgrelid::pg_catalog.regclass, 'a_' || pg_catalog.left(t.tgname::text, 40))"
    " FROM w JOIN pg_catalog.pg_trigger t ON t.tgparentid = 0"
    " AND (t.tgrelid = w.rel OR t.tgrelid IN (SELECT x.relid"
    " FROM pg_catalog.pg_partition_tree(w.rel) x))"
    f" WHERE {trigger.IS_OF_USERS} AND ({_IS_EARLIER} OR {_NAME} > {_LAST})"
)


def changes(condition: str = "true") -> str:
    """Return the query for changes of other objects that break open windows.

    It returns rows of (schema, table, CHECK, message, statement that reverts the
    change).

    Args:
        condition: the condition on a row ``k`` of pg_constraint.
    """
    return _query(
        condition,
        *(_CHILDREN, _DEFAULTS, _DOMAINS, _NOT_NULL_DOMAINS, _OWNERS, _OUTER),
    )


def domain_defaults(condition: str) -> str:
    """Return the part of :func:`changes` that a contract of a window refuses.

    Args:
        condition: the condition on a row ``k`` of pg_constraint.
    """
    return _query(condition, _DOMAINS)


def _query(condition: str, *parts: str) -> str:
    windows = (
        "SELECT n.nspname::text AS schema, r.relname::text AS name,"
        " k.conname::text AS check_name, r.oid AS rel,"
        " (SELECT pg_catalog.max(x) FROM pg_catalog.unnest(k.conkey) x) AS twin,"
        " p.oid AS function, k.conkey AS keys"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class r ON r.oid = k.conrelid AND NOT r.relispartition"
        " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
        " LEFT JOIN pg_catalog.pg_proc p ON p.proname = k.conname"
        " AND p.pronargs = 0 AND EXISTS (SELECT FROM pg_catalog.pg_trigger g"
        " WHERE g.tgrelid = r.oid AND g.tgfoid = p.oid)"
        " WHERE k.contype = 'c' AND pg_catalog.starts_with(k.conname::text,"
        f" '{SYNC_CHECK}_') AND {IS_OF_ITS_TABLE} AND {condition}"
    )
    return (
        f"WITH w AS ({windows}) SELECT schema, name, check_name, words, statement"
        f" FROM ({' UNION ALL '.join(parts)}) x (schema, name, check_name, rel, twin,"
        " function, keys, words, statement) ORDER BY 1, 2, 3, 4"
    )


def replaced(rel: str, name: str) -> str:
    """Return a query for the functions that convert values and were replaced.

    Functions of this package have a body that the server has parsed.  A function that
    was replaced by hand usually has a body in text form.

    Args:
        rel: SQL for the oid of the table.
        name: SQL for the name of the CHECK.
    """
    return (
        "SELECT p.proname::text FROM (SELECT t.tgfoid AS function, k.conkey AS keys"
        " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc s ON s.oid = t.tgfoid"
        " JOIN pg_catalog.pg_constraint k ON k.conrelid = t.tgrelid"
        " AND k.conname = s.proname"
        f" WHERE t.tgrelid = {rel} AND s.proname = {name} LIMIT 1) v, LATERAL"
        f" (SELECT v.function, v.keys, {rel} AS rel) w"
        f" {_CALLED.removeprefix('FROM w ')}"
        " WHERE p.oid <> f.oid AND (p.prosqlbody IS NULL OR p.prosecdef"
        " OR p.proconfig IS NOT NULL) ORDER BY 1"
    )
