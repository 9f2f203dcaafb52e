"""The columns, keys and rules of the tables that are to be filled.

https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName
from alembic_zdt.steps import Row

# A domain counts as its base type.
_COLUMNS = f"""
SELECT c.oid::int8, n.nspname::text, c.relname::text, a.attname::text,
    b.typname::text, b.typcategory::text, format_type(a.atttypid, a.atttypmod), d.mod,
    a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
        OR a.attidentity = 'a',
    ARRAY(SELECT e.enumlabel::text FROM pg_enum e
        WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (
    WITH RECURSIVE under AS (
        SELECT a.atttypid AS oid, a.atttypmod AS mod
        UNION ALL SELECT t.typbasetype, t.typtypmod
        FROM under JOIN pg_type t ON t.oid = under.oid WHERE t.typtype = 'd')
    SELECT under.oid, (SELECT max(u.mod) FROM under u) AS mod
    FROM under JOIN pg_type t ON t.oid = under.oid WHERE t.typtype <> 'd') d
JOIN pg_type b ON b.oid = d.oid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {IN_USER_SCHEMA}
ORDER BY c.oid, a.attnum
"""
_KEYS = """
SELECT i.indrelid::int8, i.indisprimary, ARRAY(
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
    ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i WHERE i.indisunique AND i.indisvalid
"""
_INDEXES = """
SELECT DISTINCT i.indrelid::int8, ARRAY(SELECT a.attname::text
    FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY u (num, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num
    ORDER BY u.place)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam AND m.amname IN ('btree', 'hash')
WHERE i.indisvalid AND NOT i.indisprimary AND i.indpred IS NULL AND i.indexprs IS NULL
"""
_REFERENCES = """
SELECT k.conrelid::int8, k.confrelid::int8,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num
        ORDER BY u.place),
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num
        ORDER BY u.place)
FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
"""
_CHECKS = """
SELECT k.conrelid::int8, pg_get_constraintdef(k.oid), ARRAY(
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0
"""
_BOUND = """
SELECT d.refobjid::int8, a.attname::text
FROM pg_index i
JOIN pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass
    AND d.objid = i.indexrelid AND d.refobjid = i.indrelid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE i.indisunique OR i.indisexclusion
UNION SELECT k.conrelid::int8, a.attname::text
FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype = 'x' OR k.contype = 'c' AND cardinality(k.conkey) > 1
UNION SELECT p.partrelid::int8, a.attname::text
FROM pg_partitioned_table p
JOIN pg_attribute a ON a.attrelid = p.partrelid
WHERE a.attnum = ANY (p.partattrs::int2[]) OR EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = p.partrelid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = p.partrelid
    AND d.refobjsubid = a.attnum)
"""


@dataclass(frozen=True)
class Statistics:
    """Numbers of the values of a column, from exported facts.

    Attributes:
        null_share: the share of rows with a NULL.
        distinct: the number of distinct values, None if each row has another one.
        width: the average bytes of a value, None if unknown.
    """

    null_share: float = 0.0
    distinct: int | None = None
    width: int | None = None


@dataclass(frozen=True)
class ColumnShape:
    """A column.

    Attributes:
        name: its name.
        kind: the name of its type; for a domain, the name of the base type.
        category: ``pg_type.typcategory`` of that type.
        type: the type as SQL.
        modifier: the type modifier, -1 without one.
        is_not_null: whether it takes no NULL.
        has_default: whether it has a default or is an identity column.
        is_generated: whether it takes no value at all.
        labels: the labels of an enum.
        statistics: numbers of its values elsewhere, None if unknown.
    """

    name: str
    kind: str
    category: str
    type: str
    modifier: int
    is_not_null: bool
    has_default: bool
    is_generated: bool
    labels: Sequence[str]
    statistics: Statistics | None = None


@dataclass(frozen=True)
class Reference:
    """A foreign key: its columns, and the columns of the other table."""

    columns: Sequence[str]
    table: int
    others: Sequence[str]


@dataclass
class TableShape:
    """A table that is no partition.

    Attributes:
        name: its name.
        columns: its columns.
        primary: the columns of the primary key.
        unique: the columns of each unique index.
        indexes: the columns of each other index that equality can use.
        references: its foreign keys.
        checks: the definition of each CHECK constraint, with its columns.
        bound: the columns whose value depends on other rows or on other columns.
        placed: values of the columns of a partition key, for each partition.
    """

    name: QualifiedName
    columns: list[ColumnShape] = field(default_factory=list)
    primary: Sequence[str] = ()
    unique: list[Sequence[str]] = field(default_factory=list)
    indexes: list[Sequence[str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    checks: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    placed: Mapping[str, Sequence[str | None]] = field(default_factory=dict)


Shapes = Mapping[int, TableShape]


def shapes(database: Database) -> Shapes:
    """Return the tables by their oids."""
    found: dict[int, TableShape] = {}
    for oid, schema, name, *column in database.rows(_COLUMNS):
        table = found.setdefault(oid, TableShape(QualifiedName(name, schema)))
        table.columns.append(ColumnShape(*column))
    for table, is_primary, columns in _of_known(found, database.rows(_KEYS)):
        table.unique.append(columns)
        if is_primary:
            table.primary = columns
    for table, columns in _of_known(found, database.rows(_INDEXES)):
        table.indexes.append(columns)
    for table, other, columns, others in _of_known(found, database.rows(_REFERENCES)):
        table.references.append(Reference(columns, other, others))
    for table, definition, columns in _of_known(found, database.rows(_CHECKS)):
        table.checks.append((definition, columns))
    for table, column in _of_known(found, database.rows(_BOUND)):
        table.bound.add(column)
    return found


def _of_known(found: Shapes, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    return ((found[oid], *row) for oid, *row in rows if oid in found)
