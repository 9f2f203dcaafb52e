"""Checks of keys and sequences that run out of numbers.

A full ``integer`` key stops every INSERT, and its repair writes the whole table.
https://www.postgresql.org/docs/current/datatype-numeric.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError

from alembic_zdt import revision_log
from alembic_zdt.catalog.domains import base_type
from alembic_zdt.catalog.ownership import is_trusted
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName, quote

_SOON, _NOW = 0.7, 0.9
"""Shares of the numbers that are used."""

_AT_ONCE = 100
_TYPE = base_type("y.oid")
_LIMIT = (
    f"CASE WHEN {_TYPE} = 'int2'::regtype THEN 32767"
    f" WHEN {_TYPE} = 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END"
)
_SHARE = (
    "(s.last::numeric - s.seqmin)"
    f" / nullif(least(s.seqmax, {_LIMIT})::numeric - s.seqmin, 0)"
)

# The columns that get the numbers of a sequence, and those that refer to them.
_SEQUENCES = f"""
WITH number AS (
  SELECT c.oid, n.nspname, c.relname, q.seqmin, q.seqmax,
    CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
      THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last
  FROM pg_catalog.pg_sequence q
  JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid AND c.relpersistence = 'p'
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE q.seqincrement > 0 AND NOT q.seqcycle AND {IN_USER_SCHEMA}
), fed AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number
  FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_class'::regclass
    AND d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    AND d.objid IN (SELECT oid FROM number)
  UNION
  SELECT d.refobjid, f.adrelid, f.adnum
  FROM pg_catalog.pg_attrdef f
  JOIN pg_catalog.pg_depend d ON d.objid = f.oid
    AND d.classid = 'pg_catalog.pg_attrdef'::regclass
    AND d.refclassid = 'pg_catalog.pg_class'::regclass
  WHERE d.refobjid IN (SELECT oid FROM number)
), reached AS (
  SELECT sequence, relation, number FROM fed
  UNION
  SELECT f.sequence, k.conrelid, k.conkey[i]
  FROM fed f
  JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conparentid = 0
    AND k.confrelid = f.relation,
  LATERAL pg_catalog.generate_subscripts(k.confkey, 1) i
  WHERE k.confkey[i] = f.number
)
SELECT DISTINCT ON (8, 1, 2, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid))
  s.nspname::text, s.relname::text, n.nspname::text, c.relname::text,
  a.attname::text, s.last, {_LIMIT} <= s.seqmax, {_SHARE}
FROM number s
LEFT JOIN reached r ON r.sequence = s.oid
LEFT JOIN pg_catalog.pg_class c ON c.oid = r.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.relation AND a.attnum = r.number
LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
WHERE s.last IS NOT NULL
  AND {_SHARE} > {_SOON}
ORDER BY 8 DESC, 1, 2, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid),
  c.relispartition, 3, 4, 5
"""

# Keys whose numbers come from elsewhere; their index finds the highest one at once.
# Planning a query runs functions that indexes and policies call, so only tables of
# trusted owners are read.
_KEYS = f"""
SELECT n.nspname::text, c.relname::text, a.attname::text, {_LIMIT}
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
WHERE k.contype = 'p' AND pg_catalog.cardinality(k.conkey) = 1
  AND {_TYPE} IN ('int2'::regtype, 'int4'::regtype)
  AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {IN_USER_SCHEMA}
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
  AND NOT pg_catalog.row_security_active(c.oid) AND {{is_trusted}}
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.refobjid = c.oid AND d.refobjsubid = a.attnum
  )
ORDER BY 1, 2, 3
"""


def sequences(subject: Subject) -> Iterator[Finding]:
    """Report sequences near their end, and the columns that take their numbers."""
    for row in subject.database.rows(_SEQUENCES):
        yield _of_sequence(*row)


def _of_sequence(
    schema: str,
    sequence: str,
    owner: str | None,
    table: str | None,
    column: str | None,
    last: int,
    is_full_first: bool,
    share: float,
) -> Finding:
    name = QualifiedName(sequence, schema)
    if table is None or column is None or not is_full_first:
        words = (
            f'sequence "{name.label}" is at {last}, {_percent(share)} of its numbers'
        )
        hint = f"ALTER SEQUENCE {name.sql} AS bigint MAXVALUE 9223372036854775807;"
        return _by_share(share, words, hint)
    place = QualifiedName(table, owner)
    return _by_share(
        share,
        f'column "{column}" of "{place.label}" gets numbers of "{name.label}", which '
        f"is at {last}, {_percent(share)} of what its type can hold",
        _widening(place, column),
    )


def keys(subject: Subject) -> Iterator[Finding]:
    """Report keys without a sequence that are near the largest value of their type."""
    version_table = revision_log.own_table(subject.context).subject
    trusted = is_trusted("c.relowner", version_table)
    found = subject.database.rows(_KEYS.format(is_trusted=trusted))
    for start in range(0, len(found), _AT_ONCE):
        for place, column, limit, highest in _highest(
            subject, found[start : start + _AT_ONCE]
        ):
            share = (highest or 0) / limit
            if share > _SOON:
                words = f'primary key "{column}" of "{place.label}" is at {highest}'
                yield _by_share(
                    share,
                    f"{words}, {_percent(share)} of what its type can hold",
                    _widening(place, column),
                )


def _highest(
    subject: Subject, found: Sequence[Sequence[Any]]
) -> Iterator[tuple[QualifiedName, str, int, int | None]]:
    """Yield the highest values, without tables that cannot be read."""
    places = [(QualifiedName(row[1], row[0]), row[2], row[3]) for row in found]
    queries = [
        f"SELECT {number}, (SELECT max({quote(column)}) FROM {place.sql})"
        for number, (place, column, _limit) in enumerate(places)
    ]
    for number, highest in _rows(subject, queries):
        yield *places[number], highest


def _rows(subject: Subject, queries: Sequence[str]) -> list[Any]:
    """Send all queries at once, or one by one if one of them fails."""
    try:
        with subject.database.connection.begin_nested():
            return list(subject.database.rows(" UNION ALL ".join(queries)))
    except DBAPIError:
        if len(queries) == 1:
            return []
    return [row for query in queries for row in _rows(subject, [query])]


def _by_share(share: float, words: str, hint: str) -> Finding:
    build = Finding.error if share >= _NOW else Finding.warning
    return build(words, hint)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _widening(place: QualifiedName, column: str) -> str:
    where = f", schema={place.schema!r}" if place.schema else ""
    return (
        f"op.expand_alter_column_type({place.name!r}, {column!r}, sa.BigInteger()"
        f"{where}), and its migrate and contract."
    )
