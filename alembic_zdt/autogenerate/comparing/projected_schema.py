"""The database with its future names, which autogenerate compares with the models.

While a column is being renamed the database has it twice, and before that under its
old name.  Autogenerate would drop one and add the other.  So it gets an inspector that
shows each table as it will be in the end, and finds only real differences.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql.base import PGInspector
from sqlalchemy.engine import Connection

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.found.hints import Key, Rename
from alembic_zdt.names import COPY, SYNC_CHECK, quote

_OURS = re.compile(rf"(?:{COPY}|{SYNC_CHECK}|zdt_new)_")


def is_of_workflow(name: str) -> bool:
    """Check whether an index or a constraint of this name belongs to a workflow."""
    return _OURS.match(name) is not None


_LITERAL = re.compile(r"('(?:[^']|'')*')")


@dataclass
class ProjectedTable:
    """A table's future names and types.

    Attributes:
        name: its future name.
        columns: future names of columns, by their name in the database.
        hidden: columns that are not shown.
        types: columns that are shown with the type of another column: name -> the
            other.
    """

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)

    def column(self, name: Any) -> Any:
        """Return the future name of a column."""
        return self.columns.get(name, name)

    def names(self, columns: Iterable[Any]) -> list[Any]:
        """Return the future names of columns, with None for each expression."""
        return [self.column(name) for name in columns]

    def text(self, expression: str | None) -> str | None:
        """Return an SQL expression with the future names of its columns."""
        if expression is None:
            return None
        for old, new in self.columns.items():
            expression = _renamed(expression, quote(old), quote(new))
        return expression

    def mentions_hidden(self, columns: Iterable[Any]) -> bool:
        """Check whether one of the columns is hidden.

        A hidden column does not count if another column is shown under its name.
        """
        return not (self.hidden - set(self.columns.values())).isdisjoint(columns)


def _renamed(expression: str, old: str, new: str) -> str:
    """Replace an identifier, except in string literals."""
    word = re.compile(rf'(?<![\w$".]){re.escape(old)}(?![\w$"])')
    parts = _LITERAL.split(expression)
    return "".join(
        part if part.startswith("'") else word.sub(lambda _: new, part)
        for part in parts
    )


@dataclass
class ProjectedSchema:
    """The tables that are shown with other names, columns or types."""

    tables: dict[Key, ProjectedTable] = field(default_factory=dict)

    def table(self, key: Key) -> ProjectedTable:
        """Return the entry of a table, given its present name, and add it if needed."""
        return self.tables.setdefault(key, ProjectedTable(key[1]))

    def shown(self, key: Key) -> ProjectedTable:
        """Return the entry of a table, or a new one that is not kept."""
        return self.tables.get(key) or ProjectedTable(key[1])

    def real_name(self, key: Key) -> str:
        """Return the present name of the table that is shown under this name."""
        for (schema, name), seen in self.tables.items():
            if (schema, seen.name) == key:
                return name
        return key[1]


def show(renames: Iterable[Rename], seen: ProjectedSchema) -> None:
    """Change *seen* as if the renames were done."""
    for rename in renames:
        if rename.is_table:
            seen.table((rename.schema, rename.old)).name = rename.new
    for rename in renames:
        if not rename.is_table:
            real = seen.real_name((rename.schema, rename.table))
            seen.table((rename.schema, real)).columns[rename.old] = rename.new


Rows = list[dict[str, Any]]
Convert = Callable[["ProjectedInspector", Key, Any], Any]


class ProjectedInspector(PGInspector):
    """An inspector that shows the future names of tables and columns."""

    seen: ProjectedSchema

    @classmethod
    def over(cls, connection: Connection, seen: ProjectedSchema) -> ProjectedInspector:
        """Return an inspector of the connection that shows the names of *seen*."""
        inspector = comparisons.copied_inspector(inspect(connection), cls)
        inspector.seen = seen
        return cast("ProjectedInspector", inspector)

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Return the future names of the tables."""
        found = super().get_table_names(schema, **kw)
        return [self.seen.shown((schema, name)).name for name in found]

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Check whether there is a table with this future name."""
        name = self.seen.real_name((schema, table_name))
        return bool(super().has_table(name, schema, **kw))


def _single(name: str, convert: Convert) -> Any:
    original: Any = getattr(PGInspector, name)

    @functools.wraps(original)  # SQLAlchemy asks for its __name__
    def get(
        self: ProjectedInspector, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        real = self.seen.real_name((schema, table_name))
        found = original(self, real, schema, **kw)
        return convert(self, (schema, real), _copied(found))

    return get


def _multi(name: str, convert: Convert) -> Any:
    original: Any = getattr(PGInspector, name)

    @functools.wraps(original)
    def get(
        self: ProjectedInspector,
        schema: str | None = None,
        filter_names: Collection[str] | None = None,
        **kw: Any,
    ) -> Any:
        wanted = filter_names and [
            self.seen.real_name((schema, shown)) for shown in filter_names
        ]
        found = original(self, schema=schema, filter_names=wanted, **kw)
        return {
            (schema_, self.seen.shown((schema, real)).name): convert(
                self, (schema, real), _copied(rows)
            )
            for (schema_, real), rows in found.items()
        }

    return get


def _copied(found: Any) -> Any:
    """Copy what SQLAlchemy has reflected, because SQLAlchemy caches it."""
    if isinstance(found, list):
        return [_copied(row) for row in found]
    if isinstance(found, dict):
        return {k: _copied(v) if k in _NESTED else v for k, v in found.items()}
    return found


_NESTED = {"computed", "dialect_options"}


# ------------------------------------------------------------------ what is converted


def _columns(inspector: ProjectedInspector, key: Key, rows: Rows) -> Rows:
    seen = inspector.seen.shown(key)
    types = {row["name"]: row["type"] for row in rows}
    return [_column(row, seen, types) for row in rows if row["name"] not in seen.hidden]


def _column(
    row: dict[str, Any], seen: ProjectedTable, types: dict[str, Any]
) -> dict[str, Any]:
    twin = seen.types.get(row["name"])
    row["type"] = types.get(twin, row["type"]) if twin else row["type"]
    row["name"] = seen.column(row["name"])
    if row.get("computed"):
        row["computed"]["sqltext"] = seen.text(row["computed"]["sqltext"])
    return row


def _primary_key(
    inspector: ProjectedInspector, key: Key, row: dict[str, Any]
) -> dict[str, Any]:
    seen = inspector.seen.shown(key)
    row["constrained_columns"] = seen.names(row["constrained_columns"])
    return row


def _foreign_keys(inspector: ProjectedInspector, key: Key, rows: Rows) -> Rows:
    return list(_each_foreign_key(inspector, key, rows))


def _each_foreign_key(
    inspector: ProjectedInspector, key: Key, rows: Rows
) -> Iterator[dict[str, Any]]:
    seen = inspector.seen.shown(key)
    for row in rows:
        if _OURS.match(row["name"]) or seen.mentions_hidden(row["constrained_columns"]):
            continue
        other = inspector.seen.shown((row["referred_schema"], row["referred_table"]))
        if other.mentions_hidden(row["referred_columns"]):
            continue
        row["constrained_columns"] = seen.names(row["constrained_columns"])
        row["referred_columns"] = other.names(row["referred_columns"])
        row["referred_table"] = other.name
        yield row


def _indexes(inspector: ProjectedInspector, key: Key, rows: Rows) -> Rows:
    seen = inspector.seen.shown(key)
    return [_index(row, seen) for row in rows if not _is_ours(row, seen)]


def _is_ours(row: dict[str, Any], seen: ProjectedTable) -> bool:
    return bool(_OURS.match(row["name"])) or seen.mentions_hidden(row["column_names"])


def _index(row: dict[str, Any], seen: ProjectedTable) -> dict[str, Any]:
    row["column_names"] = seen.names(row["column_names"])
    if "include_columns" in row:
        row["include_columns"] = seen.names(row["include_columns"])
    if "expressions" in row:
        row["expressions"] = [seen.text(text) for text in row["expressions"]]
    if "column_sorting" in row:
        sorting = row["column_sorting"].items()
        row["column_sorting"] = {seen.column(name): how for name, how in sorting}
    options = row.get("dialect_options") or {}
    if options.get("postgresql_where"):
        options["postgresql_where"] = seen.text(options["postgresql_where"])
    if options.get("postgresql_include"):
        options["postgresql_include"] = seen.names(options["postgresql_include"])
    return row


def _uniques(inspector: ProjectedInspector, key: Key, rows: Rows) -> Rows:
    seen = inspector.seen.shown(key)
    found = [row for row in rows if not _is_ours(row, seen)]
    for row in found:
        row["column_names"] = seen.names(row["column_names"])
    return found


def _checks(inspector: ProjectedInspector, key: Key, rows: Rows) -> Rows:
    seen = inspector.seen.shown(key)
    found = [row for row in rows if not _OURS.match(str(row["name"]))]
    for row in found:
        row["sqltext"] = seen.text(row["sqltext"])
    return found


_CONVERTED: dict[str, Convert] = {
    "columns": _columns,
    "pk_constraint": _primary_key,
    "foreign_keys": _foreign_keys,
    "indexes": _indexes,
    "unique_constraints": _uniques,
    "check_constraints": _checks,
    "table_comment": lambda _inspector, _key, found: found,
    "table_options": lambda _inspector, _key, found: found,
}
for _name, _convert in _CONVERTED.items():
    setattr(ProjectedInspector, f"get_{_name}", _single(f"get_{_name}", _convert))
    setattr(
        ProjectedInspector, f"get_multi_{_name}", _multi(f"get_multi_{_name}", _convert)
    )
