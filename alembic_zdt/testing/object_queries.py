"""Queries for the objects of one schema, in a form that can be compared.

The order of columns, oids and file numbers are left out.  Validity, ownership of
sequences, comments and privileges are included.  The ``search_path`` must be that
schema.  Privileges that were never changed are NULL, and equal those of
``acldefault()``.

https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

OURS = """
  {column} IN (
    SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = {schema}::regnamespace AND c.relname <> ALL ({ignore}))
"""

QUERIES: dict[str, str] = {
    "tables": """
SELECT c.relname, c.relkind::text, c.relpersistence::text, c.relreplident::text,
       c.relrowsecurity, coalesce(array_to_string(c.reloptions, ','), ''),
       coalesce(pg_get_partkeydef(c.oid), ''),
       coalesce(pg_get_expr(c.relpartbound, c.oid), ''),
       coalesce((SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY 1)
                 FROM pg_inherits i WHERE i.inhrelid = c.oid), ''),
       pg_get_userbyid(c.relowner),
       array_to_string(coalesce(c.relacl, acldefault('r', c.relowner)), ',')
FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {ours:c.oid}""",
    "columns": """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(pg_get_expr(d.adbin, d.adrelid, true), ''), a.attidentity::text,
       a.attgenerated::text, coalesce(n.collname, ''), a.attstorage::text,
       coalesce(a.attstattarget, -1), coalesce(array_to_string(a.attacl, ','), ''),
       a.attislocal
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
LEFT JOIN pg_collation n ON n.oid = a.attcollation
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
  AND {ours:c.oid}""",
    "constraints": """
SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid, true),
       k.convalidated, k.condeferrable, k.condeferred
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
WHERE {ours:c.oid}""",
    "indexes": """
SELECT t.relname, i.relname, pg_get_indexdef(i.oid, 0, true), x.indisunique,
       x.indisprimary, x.indisvalid, x.indisready, x.indisreplident, x.indisclustered,
       coalesce(array_to_string(i.reloptions, ','), ''),
       coalesce((SELECT h.inhparent::regclass::text
                 FROM pg_inherits h WHERE h.inhrelid = i.oid), '')
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
WHERE {ours:t.oid}""",
    "triggers": """
SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled::text
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND {ours:c.oid}""",
    "functions": """
SELECT p.proname, pg_get_function_identity_arguments(p.oid),
       pg_get_function_result(p.oid), p.prosrc, p.prosecdef, p.provolatile::text,
       coalesce(array_to_string(p.proconfig, ','), '')
FROM pg_proc p
WHERE p.pronamespace = {schema}::regnamespace AND NOT EXISTS (
  SELECT FROM pg_depend d
  WHERE (d.classid, d.objid, d.deptype) = ('pg_proc'::regclass, p.oid, 'e'))""",
    "enums": """
SELECT t.typname,
       array_to_string(array_agg(e.enumlabel::text ORDER BY e.enumsortorder), '|')
FROM pg_type t
JOIN pg_enum e ON e.enumtypid = t.oid
WHERE t.typnamespace = {schema}::regnamespace
GROUP BY t.oid, t.typname""",
    "sequences": """
SELECT c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement,
       s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       array_to_string(coalesce(c.relacl, acldefault('s', c.relowner)), ','),
       coalesce((SELECT d.refobjid::regclass::text || '.' || a.attname
                 FROM pg_depend d
                 JOIN pg_attribute a
                   ON (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                   AND d.deptype IN ('a', 'i')), '')
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
WHERE {ours:c.oid}""",
    "views": """
SELECT c.relname, pg_get_viewdef(c.oid, true)
FROM pg_class c
WHERE c.relkind IN ('v', 'm') AND {ours:c.oid}""",
    "policies": """
SELECT c.relname, p.polname, p.polcmd::text, p.polpermissive,
       coalesce(pg_get_expr(p.polqual, p.polrelid, true), ''),
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid, true), '')
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
WHERE {ours:c.oid}""",
    "comments": """
SELECT c.relname, coalesce(a.attname, ''), d.description
FROM pg_description d
JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
LEFT JOIN pg_attribute a
  ON d.objsubid > 0 AND (a.attrelid, a.attnum) = (c.oid, d.objsubid)
WHERE {ours:c.oid}
UNION ALL
SELECT c.relname, k.conname, d.description
FROM pg_description d
JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
JOIN pg_class c ON c.oid = k.conrelid
WHERE {ours:c.oid}
UNION ALL
SELECT c.relname, t.tgname, d.description
FROM pg_description d
JOIN pg_trigger t ON d.classoid = 'pg_trigger'::regclass AND t.oid = d.objoid
JOIN pg_class c ON c.oid = t.tgrelid
WHERE {ours:c.oid}""",
}


def query_for(subject: str, schema: str, ignore: str) -> str:
    """Return the query for one kind of objects.

    Args:
        subject: the kind, a key of ``QUERIES``.
        schema: the literal of the schema's quoted name.
        ignore: an array of the names of tables to leave out.
    """
    query = QUERIES[subject]
    for column in ("c.oid", "t.oid"):
        query = query.replace(f"{{ours:{column}}}", OURS.replace("{column}", column))
    return query.replace("{schema}", schema).replace("{ignore}", ignore)
