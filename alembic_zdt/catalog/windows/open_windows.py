"""The open windows: pairs of columns that a trigger keeps in sync.

https://www.postgresql.org/docs/current/catalog-pg-constraint.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alembic_zdt.connection.database import Database
from alembic_zdt.names import (
    COPY,
    SYNC_CHECK,
    QualifiedName,
    distinct,
    literal,
    quote,
)
from alembic_zdt.steps import Row

_PAIR = 2
# A partition that was detached has the CHECK of its former parent.
IS_OF_ITS_TABLE = (
    "(EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p"
    " ON p.oid = g.tgfoid WHERE g.tgrelid = r.oid AND p.proname = k.conname)"
    " OR pg_catalog.starts_with(k.conname::text, pg_catalog.substr("
    f"'{SYNC_CHECK}_' || r.relname::text || '_', 1, 25)))"
)
"""SQL that is true if CHECK ``k`` belongs to a window of its table ``r``."""

_HIDDEN = re.compile(r"\Azdt_.*_[0-9a-f]{8}")


@dataclass(frozen=True)
class OpenWindow:
    """An open window: a CHECK constraint that keeps two columns equal.

    Attributes:
        table: the table.
        check: the name of the constraint.
        columns: the two columns, in the order in which the table has them.
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


def stands_on_table(table: QualifiedName) -> str:
    """Return SQL that is true if CHECK ``k`` is a constraint of the table."""
    return f"k.conrelid = {table.regclass}"


def stands_on_column(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if CHECK ``k`` is of this column and another one."""
    return (
        f"k.conrelid = {table.regclass} AND EXISTS (SELECT FROM"
        " pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid"
        f" AND a.attnum = ANY (k.conkey) AND a.attname = {literal(column)})"
    )


def stands_on_twin(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if a column is the newer of the two of CHECK ``k``.

    The newer column is the twin: it has the greater number.
    """
    return (
        f"k.conrelid = {table.regclass} AND (SELECT pg_catalog.max(x) FROM"
        " pg_catalog.unnest(k.conkey) x) = (SELECT a.attnum FROM"
        " pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid"
        f" AND a.attname = {literal(column)})"
    )


def stands_on_constraint(table: QualifiedName, constraint: str) -> str:
    """Return SQL that is true if a constraint is CHECK ``k``, or a copy for its window.

    This package makes such a copy when it expands.
    """
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_constraint c"
        f" WHERE c.conrelid = {table.regclass} AND c.conname = {literal(constraint)}"
        " AND (c.oid = k.oid OR (pg_catalog.starts_with(c.conname::text,"
        f" '{COPY}_') AND (c.conrelid = k.conrelid AND c.conkey && k.conkey"
        " OR c.confrelid = k.conrelid AND c.confkey && k.conkey))))"
    )


def stands_on_index(index: QualifiedName) -> str:
    """Return SQL that is true if an index was copied for the window of CHECK ``k``."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_depend d ON d.objid = i.indexrelid"
        " AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.refobjid = i.indrelid AND d.refobjsubid = ANY (k.conkey)"
        f" WHERE i.indexrelid = {index.regclass} AND i.indrelid = k.conrelid"
        f" AND pg_catalog.starts_with(c.relname::text, '{COPY}_'))"
    )


def stands_on_enum(enum: QualifiedName) -> str:
    """Return SQL that is true if the window of CHECK ``k`` converts an enum."""
    element = "CASE WHEN t.typelem <> 0 THEN t.typelem ELSE t.oid END"
    return (
        "NOT t.relispartition AND (SELECT pg_catalog.count(DISTINCT e.oid) = 2"
        f" AND pg_catalog.bool_or(e.oid = pg_catalog.to_regtype({literal(enum.sql)}))"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t"
        f" ON t.oid = a.atttypid JOIN pg_catalog.pg_type e ON e.oid = {element}"
        " AND e.typtype = 'e' WHERE a.attrelid = k.conrelid"
        " AND a.attnum = ANY (k.conkey))"
    )


def dependents(condition: str) -> str:
    """Return a query for open windows, with the columns that :func:`ending` reads.

    Args:
        condition: the condition on a row ``k`` of pg_constraint, see the functions
            above.
    """
    columns = (
        "FROM pg_catalog.pg_attribute a"
        " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid"
        " WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
        " ORDER BY a.attnum)"
    )
    return (
        "SELECT r.relname::text, n.nspname::text, k.conname::text,"
        f" ARRAY(SELECT a.attname::text {columns},"
        " ARRAY(SELECT pg_catalog.concat_ws(' ', CASE WHEN y.typtype = 'e'"
        " THEN 'enum' END, pg_catalog.format_type(a.atttypid, a.atttypmod),"
        f" a.attcollation) {columns}"
        " FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class t ON t.oid = k.conrelid"
        " JOIN pg_catalog.pg_class r"
        " ON r.oid = coalesce(pg_catalog.pg_partition_root(t.oid), t.oid)"
        " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
        " WHERE k.contype = 'c' AND pg_catalog.starts_with(k.conname::text,"
        f" '{SYNC_CHECK}_') AND {IS_OF_ITS_TABLE} AND {condition} ORDER BY 2, 1, 3"
    )


@dataclass(frozen=True)
class Ending:
    """The end of a window, as far as the catalog shows it.

    Attributes:
        table: the name of the table.
        column: the column that existed before the window.
        directive: the directive that ends the window.
        call: the whole call, empty if the catalog does not show all arguments.
    """

    table: str
    column: str
    directive: str
    call: str = ""

    @property
    def label(self) -> str:
        """Return the call, or its directive and column if the rest is unknown."""
        return self.call or f'op.{self.directive}() for "{self.table}.{self.column}"'


def ending(row: Row, schema: str | None) -> Ending | None:
    """Return the end of a window, None if its parts have other names.

    Args:
        row: the row of :func:`dependents`.
        schema: the schema, as the caller names it.
    """
    table, found, check, columns, types = row
    pair = original_first(str(table), str(check), list(columns))
    if pair is None:
        return None
    is_hidden = _HIDDEN.fullmatch(pair[1]) is not None
    if len(set(types)) == 1 and not is_hidden:
        at = [f"schema={found!r}"] if schema else []
        names = ", ".join([*map(repr, (table, *pair)), *at])
        directive = "contract_rename_column"
        return Ending(table, pair[0], directive, f"op.{directive}({names})")
    directive = "contract_alter_column_type"
    if all(type_.startswith("enum ") for type_ in types):
        directive = "remove_enum_value" if is_hidden else "contract_rename_enum_value"
    return Ending(table, pair[0], directive)


def original_first(
    table: str, check: str, columns: Sequence[str]
) -> tuple[str, str] | None:
    """Return the two columns of a window, the original first.

    Return None if the CHECK is not named after these columns.
    """
    if len(columns) != _PAIR:
        return None
    one, other = columns
    for original, twin in ((one, other), (other, one)):
        if distinct(SYNC_CHECK, table, original, twin) == check:
            return original, twin
    return None


class Named(Protocol):
    """A window, described by the names of its parts."""

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
    """Return a query for a CHECK whose name does not fit its columns.

    It returns rows of (name, columns).

    Args:
        table: the table.
        columns: the two columns of the window.
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
        return f"columns {', '.join(now)} to {', '.join(then)}"
    name = table_in(check, columns)
    return f"ALTER TABLE {table.sql} RENAME TO {quote(name) if name else '<old name>'}"


def table_in(check: str, columns: Sequence[str]) -> str:
    """Return the table in the name of a CHECK, empty if the name was shortened."""
    begin, end = f"{SYNC_CHECK}_", check.rpartition("_")[0]
    for first, second in (columns, columns[::-1]):
        rest = f"_{first}_{second}"
        if end.startswith(begin) and end.endswith(rest):
            table = end[len(begin) : -len(rest)]
            if distinct(SYNC_CHECK, table, first, second) == check:
                return table
    return ""
