"""The open windows: pairs of columns that a trigger keeps in sync.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alembic_zdt.catalog.database import Database
from alembic_zdt.names import SYNC_CHECK, QualifiedName, distinct, literal, quote


@dataclass(frozen=True)
class OpenWindow:
    """A CHECK constraint that two columns are in sync.

    Attributes:
        table: the table.
        check: the name of the constraint.
        columns: the two, in the order in which the table has them.
        is_proven: whether every row is proven to be in sync.
    """

    table: QualifiedName
    check: str
    columns: tuple[str, ...]
    is_proven: bool


def open_windows(database: Database) -> list[OpenWindow]:
    """Return the open windows of all tables, by the name of the table."""
    rows = database.rows(
        "SELECT c.relname::text, n.nspname::text, k.conname::text,"
        " (SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum)"
        " FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid"
        " AND a.attnum = ANY (k.conkey)), k.convalidated"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE k.contype = 'c' AND k.conname LIKE '{SYNC_CHECK}%'"
        " AND NOT c.relispartition ORDER BY 2, 1, 3"
    )
    return [
        OpenWindow(QualifiedName(table, schema), check, tuple(columns), is_proven)
        for table, schema, check, columns, is_proven in rows
    ]


def open_on(table: QualifiedName) -> str:
    """Return a query for the CHECKs of the windows of a table, with its columns."""
    return (
        "SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ' and '"
        " ORDER BY a.attnum) FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
        " AND a.attnum = ANY (k.conkey)"
        f" WHERE k.conrelid = {table.regclass} AND k.contype = 'c'"
        f" AND k.conname LIKE '{SYNC_CHECK}%' GROUP BY k.oid"
    )


class Named(Protocol):
    """A window as its names show it."""

    @property
    def table(self) -> QualifiedName:
        """Return the table of the window."""

    @property
    def original(self) -> str:
        """Return the column that existed before the window."""

    @property
    def twin(self) -> str:
        """Return the column that the window adds."""

    @property
    def check(self) -> str:
        """Return the name of the CHECK constraint."""


def misnamed(
    table: QualifiedName, columns: Sequence[str], check: str, checks: Sequence[str]
) -> str:
    """Return a query for the CHECK whose name and columns do not belong together.

    It returns rows of (name, columns).

    Args:
        table: the table.
        columns: the two of the window.
        check: the name that its CHECK has.
        checks: all names that a CHECK of the two columns may have.
    """
    wanted = ", ".join(literal(column).strip() for column in sorted(columns))
    names = ", ".join(literal(name).strip() for name in checks)
    is_other = f"k.columns <> ARRAY[{wanted}]::text[]"
    return (
        "SELECT k.name, k.columns FROM (SELECT c.conname::text AS name,"
        " (SELECT pg_catalog.array_agg(a.attname::text ORDER BY"
        ' a.attname::text COLLATE "C") FROM pg_catalog.pg_attribute a'
        " WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) AS columns"
        f" FROM pg_catalog.pg_constraint c WHERE c.conrelid = {table.regclass}"
        f" AND c.contype = 'c' AND c.conname LIKE '{SYNC_CHECK}%') k"
        f" WHERE (k.name = {literal(check).strip()} AND {is_other})"
        f" OR (k.name NOT IN ({names}) AND NOT {is_other})"
    )


def renaming_back(check: str, columns: Sequence[str], window: Named) -> str:
    """Return the statement that gives a renamed column, or the table, its name back."""
    table = window.table
    pair = (window.original, window.twin)
    if check == window.check:
        now, then = sorted(set(columns) - set(pair)), sorted(set(pair) - set(columns))
        if len(now) == len(then) == 1:
            names = f"{quote(now[0])} TO {quote(then[0])}"
            return f"ALTER TABLE {table.sql} RENAME COLUMN {names}"
        return f"columns {', '.join(now)} are to be {', '.join(then)} again"
    name = table_in(check, columns)
    return f"ALTER TABLE {table.sql} RENAME TO {quote(name) if name else '<old name>'}"


def table_in(check: str, columns: Sequence[str]) -> str:
    """Return the table that the name of a CHECK was made of, empty if it was cut."""
    begin, end = f"{SYNC_CHECK}_", check.rpartition("_")[0]
    for first, second in (columns, columns[::-1]):
        rest = f"_{first}_{second}"
        if end.startswith(begin) and end.endswith(rest):
            table = end[len(begin) : -len(rest)]
            if distinct(SYNC_CHECK, table, first, second) == check:
                return table
    return ""
