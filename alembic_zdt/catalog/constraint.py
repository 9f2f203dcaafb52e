"""Constraints in the catalog: existence, validation and definition.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA, SYNC_CHECK, QualifiedName, literal

# NOT VALID is a state, not a part of the definition.
DEFINITION = (
    "pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid),"
    " ' NOT VALID$', '')"
)


# Columns of pg_constraint that older versions do not have.
IS_ENFORCED = "coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'"


def _is_not(column: str) -> str:
    return f"coalesce(pg_catalog.to_jsonb(k) ->> '{column}', 'false') = 'false'"


def _same_columns(array: str, columns: Sequence[str]) -> str:
    """Return SQL that is true if an array (15+) names exactly these columns."""
    found = f"coalesce(pg_catalog.to_jsonb(k) -> '{array}', 'null'::jsonb)"
    if not columns:
        return f"{found} = 'null'::jsonb"
    names = ", ".join(literal(column) for column in columns)
    wanted = (
        "(SELECT pg_catalog.jsonb_agg(a.attnum) FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = k.conrelid AND a.attname IN ({names}))"
    )
    return f"({found} @> {wanted} AND {found} <@ {wanted})"


def _named(constraint: str, table: QualifiedName) -> str:
    return f"k.conrelid = {table.regclass} AND k.conname = {literal(constraint)}"


def exists(constraint: str, table: QualifiedName, *conditions: str) -> str:
    """Return SQL that is true if the table has the constraint and *conditions* hold."""
    where = " AND ".join((_named(constraint, table), *conditions))
    return f"EXISTS (SELECT FROM pg_catalog.pg_constraint k\n  WHERE {where})"


def exclusions(table: QualifiedName) -> str:
    """Return a query for the exclusion constraints of a table: name and definition."""
    return (
        f"SELECT k.conname::text, {DEFINITION} FROM pg_catalog.pg_constraint k"
        f" WHERE k.conrelid = {table.regclass} AND k.contype = 'x' ORDER BY 1"
    )


def is_in_hidden_window(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if a CHECK keeps the column equal to a hidden twin.

    The window of a rename does not count.
    """
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
        f" WHERE k.conrelid = {table.regclass} AND a.attname = {literal(column)}"
        f" AND k.conname ~ '^{SYNC_CHECK}_' AND EXISTS (SELECT"
        " FROM pg_catalog.pg_attribute b WHERE b.attrelid = k.conrelid"
        " AND b.attnum = ANY (k.conkey) AND b.attname ~ '^zdt_'))"
    )


def is_validated(constraint: str, table: QualifiedName) -> str:
    """Return SQL that is true if the constraint exists and is validated."""
    return exists(constraint, table, "k.convalidated")


def spelled(canonical: str | None) -> tuple[str, ...]:
    """Return SQL conditions for a CHECK, with this definition if it is known."""
    if canonical is None:
        return ("k.contype = 'c'",)
    return ("k.contype = 'c'", f"{DEFINITION} = {literal(canonical)}")


def is_name_taken(name: str, table: QualifiedName) -> str:
    """Return SQL that is true if a constraint in the schema of *table* has the name."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k"
        f" WHERE k.conname = {literal(name)} AND k.connamespace = (SELECT"
        f" c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = {table.regclass}))"
    )


def columns_are(array: str, columns: Sequence[str], relation: str) -> str:
    """Return SQL that is true if ``conkey`` or ``confkey`` is *columns*, in order."""
    wanted = ", ".join(literal(column) for column in columns)
    return (
        "(SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.n)"
        f" FROM pg_catalog.unnest(k.{array}) WITH ORDINALITY u(attnum, n)"
        f" JOIN pg_catalog.pg_attribute a ON a.attrelid = k.{relation}"
        f" AND a.attnum = u.attnum) = ARRAY[{wanted}]"
    )


@dataclass(frozen=True)
class ForeignKeyShape:
    """The properties that make two foreign keys the same."""

    columns: tuple[str, ...]
    referent: QualifiedName
    referent_columns: tuple[str, ...]
    on_update: str | None = None
    on_delete: str | None = None
    match: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False

    @property
    def conditions(self) -> tuple[str, ...]:
        """Return the conditions on a row ``k`` of pg_constraint."""
        return (
            "k.contype = 'f'",
            f"k.confrelid = {self.referent.regclass}",
            columns_are("conkey", self.columns, "conrelid"),
            columns_are("confkey", self.referent_columns, "confrelid"),
            f"k.confupdtype = '{_ACTIONS[_action(self.on_update)]}'",
            f"k.confdeltype = '{_ACTIONS[_action(self.on_delete)]}'",
            f"k.confmatchtype = '{'f' if _is_full(self.match) else 's'}'",
            f"k.condeferrable = {_boolean(self.deferrable)}",
            f"k.condeferred = {_boolean(self.initially_deferred)}",
            _same_columns("confdelsetcols", _columns_of_action(self.on_delete)),
            _is_not("conperiod"),
            IS_ENFORCED,
        )


_ACTIONS = {
    "NO ACTION": "a",
    "RESTRICT": "r",
    "CASCADE": "c",
    "SET NULL": "n",
    "SET DEFAULT": "d",
}


_COLUMN = re.compile(r'"((?:[^"]|"")+)"|([^\s,()"]+)')


def _columns_of_action(written: str | None) -> tuple[str, ...]:
    """Return the columns listed after SET NULL or SET DEFAULT."""
    _, _, listed = (written or "").partition("(")
    return tuple(
        quoted.replace('""', '"') if quoted else plain.lower()
        for quoted, plain in _COLUMN.findall(listed)
    )


def _action(written: str | None) -> str:
    words = " ".join((written or "NO ACTION").upper().split())
    return words.split("(")[0].strip()


def _is_full(match: str | None) -> bool:
    return (match or "").upper() == "FULL"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def referent(constraint: str, table: QualifiedName) -> str:
    """Return a query for the table that a foreign key refers to, as SQL."""
    return (
        "SELECT k.confrelid::pg_catalog.regclass::text FROM pg_catalog.pg_constraint k"
        f" WHERE {_named(constraint, table)} AND k.contype = 'f'"
    )


def foreign_keys(table: QualifiedName) -> str:
    """Return a query that describes the foreign keys to other tables."""
    return (
        "SELECT pg_catalog.format('foreign key %I', k.conname)"
        f" FROM pg_catalog.pg_constraint k WHERE k.conrelid = {table.regclass}"
        " AND k.contype = 'f' AND k.confrelid <> k.conrelid"
    )


def namesakes(constraint: str, table: QualifiedName) -> str:
    """Return a query for the constraint of that name: rows of (definition,)."""
    return (
        "SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k"
        f" WHERE {_named(constraint, table)}"
    )


def namesakes_of_index(constraint: str, table: QualifiedName, name: str) -> str:
    """Return a query for the relation with an index's future name: rows of (words,).

    Args:
        constraint: a constraint; only one with an index of its own has such a relation.
        table: its table.
        name: the future name of the constraint and of its index.
    """
    return (
        "SELECT pg_catalog.format('relation %I', c.relname)"
        " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c"
        " ON c.relnamespace = k.connamespace"
        f" WHERE {_named(constraint, table)} AND k.contype IN ('p', 'u', 'x')"
        f" AND c.relname = {literal(name)}"
    )


def is_in_foreign_key(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if a foreign key is on the column or refers to it."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_attribute a"
        " ON (a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))"
        " OR (a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))"
        f" WHERE k.contype = 'f' AND a.attrelid = {table.regclass}"
        f" AND a.attname = {literal(column)})"
    )


def unvalidated_constraints(database: Database) -> list[tuple[str, QualifiedName]]:
    """Return the names of enforced constraints that are NOT VALID, with their tables.

    Those of system schemas and of partitions are left out.

    Args:
        database: a connection in a transaction, or in autocommit mode.
    """
    rows = database.rows(
        "SELECT k.conname::text, c.relname::text, n.nspname::text"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        # A constraint that is NOT ENFORCED, from PostgreSQL 18 on, is never validated.
        f" WHERE NOT k.convalidated AND NOT c.relispartition AND {IS_ENFORCED}"
        f" AND {IN_USER_SCHEMA}"
        " ORDER BY 3, 2, 1"
    )
    return [(name, QualifiedName(table, schema)) for name, table, schema in rows]
