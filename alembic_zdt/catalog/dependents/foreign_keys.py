"""The foreign keys from or to a column.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog import lookup
from alembic_zdt.connection.database import Database
from alembic_zdt.names import COPY, QualifiedName, literal, quote
from alembic_zdt.server_facts import ColumnQuestion, Question
from alembic_zdt.steps import Row


@dataclass(frozen=True)
class DependentKey:
    """A foreign key between two ordinary tables.

    Attributes:
        name: its name.
        table: the table that refers to another one.
        referent: the table that the key refers to, which may be the same table.
        columns: the columns of the table.
        referent_columns: the columns of the referent.
        options: all that follows the columns of the referent.
        is_validated: whether it is proven.
        comment: the comment on the object.
    """

    name: str
    table: QualifiedName
    referent: QualifiedName
    columns: tuple[str, ...]
    referent_columns: tuple[str, ...]
    options: str
    is_validated: bool
    comment: str | None

    def definition(self, referent: str) -> str:
        """Return ``FOREIGN KEY ... REFERENCES ...``.

        Args:
            referent: the table that it refers to, as it is written in SQL.
        """
        return (
            f"FOREIGN KEY ({_listed(self.columns)})"
            f" REFERENCES {referent}({_listed(self.referent_columns)}){self.options}"
        )


def standing_keys(
    database: Database, table: QualifiedName, column: str, *, copies: bool = False
) -> tuple[DependentKey, ...]:
    """Return the foreign keys from or to *column*, or only this package's copies.

    Keys that cannot be copied without blocking the application are left out: keys from
    or to a partitioned table, keys with a clause about columns (``SET NULL (...)``,
    ``PERIOD``), and keys with ``SET DEFAULT``.
    """
    rows = database.rows(_query(table, column))
    found = (_key(row) for row in rows)
    return tuple(k for k in found if k.name.startswith(f"{COPY}_") is copies)


def _key(row: Row) -> DependentKey:
    name, table, schema, referent, referent_schema, columns, others, *rest = row
    options, is_validated, comment = rest
    return DependentKey(
        name,
        QualifiedName(table, schema),
        QualifiedName(referent, referent_schema),
        tuple(columns),
        tuple(others),
        options.removesuffix(" NOT VALID"),
        is_validated,
        comment,
    )


def _query(table: QualifiedName, column: str) -> str:
    written = (
        "pg_catalog.format('FOREIGN KEY (%s) REFERENCES %s(%s)',"
        f" {_quoted('x.columns')}, k.confrelid::pg_catalog.regclass,"
        f" {_quoted('x.others')})"
    )
    defined = "pg_catalog.pg_get_constraintdef(k.oid)"
    return (
        "SELECT k.conname::text, c.relname::text, n.nspname::text, r.relname::text,"
        " rn.nspname::text, x.columns, x.others,"
        f" pg_catalog.substr({defined}, pg_catalog.length({written}) + 1),"
        " k.convalidated, pg_catalog.obj_description(k.oid, 'pg_constraint')"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND c.relkind = 'r'"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_class r ON r.oid = k.confrelid AND r.relkind = 'r'"
        " JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid ="
        f" {table.regclass} AND a.attname = {literal(column)}"
        " CROSS JOIN LATERAL (SELECT"
        f" {_names('k.conkey', 'k.conrelid')} AS columns,"
        f" {_names('k.confkey', 'k.confrelid')} AS others) x"
        " WHERE k.contype = 'f' AND k.conparentid = 0"
        " AND ((k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey))"
        " OR (k.confrelid = a.attrelid AND a.attnum = ANY (k.confkey)))"
        f" AND pg_catalog.starts_with({defined}, {written})"
        f" AND {defined} !~ 'SET DEFAULT|SET NULL [(]'"
        " ORDER BY 3, 2, 1"
    )


def _names(array: str, relation: str) -> str:
    return (
        "(SELECT pg_catalog.array_agg(f.attname::text ORDER BY u.n)"
        f" FROM pg_catalog.unnest({array}) WITH ORDINALITY u (attnum, n)"
        f" JOIN pg_catalog.pg_attribute f ON f.attrelid = {relation}"
        " AND f.attnum = u.attnum)"
    )


def _quoted(array: str) -> str:
    return (
        "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(q.name), ', '"
        f" ORDER BY q.n) FROM pg_catalog.unnest({array})"
        " WITH ORDINALITY q (name, n))"
    )


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(quote(column) for column in columns)


@dataclass(frozen=True)
class CopiedKeys(ColumnQuestion[tuple[DependentKey, ...]]):
    """Which copies of the column's foreign keys has this package made?"""


@dataclass(frozen=True)
class OutgoingKey:
    """A foreign key of a table.

    Attributes:
        name: its name.
        referent: the table that it refers to.
        referent_is_partitioned: whether the referenced table has partitions.
    """

    name: str
    referent: QualifiedName
    referent_is_partitioned: bool


@dataclass(frozen=True)
class OutgoingKeys(Question[tuple[OutgoingKey, ...]]):
    """Which foreign keys does the table have?"""

    table: QualifiedName


@lookup.answer.register
def _(question: OutgoingKeys, database: Database) -> tuple[OutgoingKey, ...]:
    rows = database.rows(
        "SELECT k.conname::text, r.relname::text, n.nspname::text, r.relkind = 'p'"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class r ON r.oid = k.confrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
        f" WHERE k.conrelid = {question.table.regclass} AND k.contype = 'f'"
        " AND k.conparentid = 0 ORDER BY 3, 2, 1"
    )
    return tuple(
        OutgoingKey(name, QualifiedName(table, schema), is_partitioned)
        for name, table, schema, is_partitioned in rows
    )
