"""Tables that the recorded revisions have made, as an inspector describes them.

https://docs.sqlalchemy.org/en/20/core/reflection.html#sqlalchemy.engine.reflection.Inspector
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ClauseElement,
    Column,
    Enum,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import NullType

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.calls.sql_text import sql_text

Facts = dict[str, Any]

PUBLIC = "public"
_ORDERED = re.compile(
    r'"?(?P<column>[\w$]++)"?(?:\s+(?:ASC|DESC|NULLS)\b.*)?', re.IGNORECASE
)
INDEX: Facts = {"unique": False, "include_columns": [], "dialect_options": {}}
_KEYS = {
    ForeignKeyConstraint: ("foreign", "fkey"),
    UniqueConstraint: ("unique", "key"),
    CheckConstraint: ("check", "check"),
}


@dataclass
class MadeTable:
    """A table, with the facts that an inspector returns.

    Attributes:
        columns: the columns by their names.
        primary_key: its name and columns.
        constraints: the constraints by their kind, ``foreign``, ``unique`` or
            ``check``.
        indexes: the indexes without those of constraints.
        comment: the comment of the table.
    """

    columns: dict[str, Facts] = field(default_factory=dict)
    primary_key: Facts = field(
        default_factory=lambda: {"constrained_columns": [], "name": None}
    )
    constraints: dict[str, list[Facts]] = field(
        default_factory=lambda: {"foreign": [], "unique": [], "check": []}
    )
    indexes: list[Facts] = field(default_factory=list)
    comment: str | None = None

    def copy(self) -> MadeTable:
        """Return a copy that later operations do not change."""
        return MadeTable(
            {name: dict(facts) for name, facts in self.columns.items()},
            _copied(self.primary_key),
            {
                kind: list(map(_copied, known))
                for kind, known in self.constraints.items()
            },
            list(map(_copied, self.indexes)),
            self.comment,
        )

    def add(self, column: Column[Any]) -> None:
        """Add a column."""
        self.columns[str(column.name)] = {
            "name": str(column.name),
            "type": column.type,
            "nullable": bool(column.nullable),
            "default": written_default(column.server_default),
            "autoincrement": column.autoincrement is True,
            "comment": column.comment,
        }

    def drop(self, column: str) -> None:
        """Drop a column with the indexes and constraints on it."""
        self.columns.pop(column, None)
        self.indexes = [i for i in self.indexes if column not in i["column_names"]]
        for kind, known in self.constraints.items():
            kept = (each for each in known if column not in _columns_of(each))
            self.constraints[kind] = list(kept)
        if column in self.primary_key["constrained_columns"]:
            self.primary_key = {"constrained_columns": [], "name": None}

    def rename(self, column: str, new: str) -> None:
        """Rename a column."""
        if column in self.columns:
            known = {**self.columns.pop(column), "name": new}
            self.columns[new] = known
        facts = [*self.indexes, self.primary_key]
        for each in (
            *facts,
            *(c for known in self.constraints.values() for c in known),
        ):
            names = _columns_of(each)
            names[:] = [new if name == column else name for name in names]

    def constrain(self, table: str, constraint: Any) -> None:
        """Add a constraint."""
        if isinstance(constraint, PrimaryKeyConstraint):
            columns = [str(column.name) for column in constraint.columns]
            name = constraint.name or f"{table}_pkey"
            if columns:
                self.primary_key = {"constrained_columns": columns, "name": str(name)}
            return
        shapes: Any = _KEYS
        for class_, (kind, tail) in shapes.items():
            if isinstance(constraint, class_):
                facts = _facts(constraint)
                self.know(_columns_of(facts))
                middle = "_".join(_columns_of(facts))
                name = constraint.name or "_".join(filter(None, (table, middle, tail)))
                self.constraints[kind].append({"name": str(name), **facts})

    def know(self, columns: Sequence[str | None]) -> None:
        """Record columns that must exist, because an index or a key uses them."""
        for name in filter(None, columns):
            self.columns.setdefault(name, unknown(name))

    def index(self, index: Index) -> None:
        """Add an index."""
        parts = [_column_or_text(each) for each in index.expressions]
        columns = [column for column, _ in parts]
        self.know(columns)
        own: Facts = {"name": str(index.name), "column_names": columns}
        if None in columns:
            own["expressions"] = [column or text for column, text in parts]
        self.indexes.append({**INDEX, **own, "unique": bool(index.unique)})

    def has(self, name: str) -> bool:
        """Check whether an index has this name."""
        return any(each["name"] == name for each in self.indexes)

    def drop_named(self, name: str) -> None:
        """Drop an index or a constraint."""
        self.indexes = [each for each in self.indexes if each["name"] != name]
        for kind, known in self.constraints.items():
            self.constraints[kind] = [each for each in known if each["name"] != name]
        if self.primary_key["name"] == name:
            self.primary_key = {"constrained_columns": [], "name": None}


def _column_or_text(part: Any) -> tuple[str | None, str]:
    """Return the column of an index part, None if it is an expression, and its text."""
    if name := getattr(part, "name", None):
        return str(name), ""
    text = sql_text(part) if isinstance(part, ClauseElement) else str(part)
    ordered = _ORDERED.fullmatch(text)
    return (ordered["column"] if ordered else None), text


def _copied(facts: Facts) -> Facts:
    return {k: list(v) if isinstance(v, list) else v for k, v in facts.items()}


def _columns_of(facts: Facts) -> list[Any]:
    found: list[Any] = facts.get("constrained_columns") or facts.get("column_names", [])
    return found


def _facts(constraint: Any) -> Facts:
    if isinstance(constraint, CheckConstraint):
        return {"sqltext": str(constraint.sqltext)}
    columns = [str(getattr(each, "name", each)) for each in constraint.columns]
    if isinstance(constraint, UniqueConstraint):
        return {"column_names": columns}
    return {"constrained_columns": columns, **target_of(constraint.elements)}


def target_of(keys: Sequence[Any]) -> Facts:
    """Return the table and the columns that a foreign key refers to."""
    targets = [each.target_fullname.split(".") for each in keys]
    return {
        "referred_schema": targets[0][-3] if len(targets[0]) > 2 else None,
        "referred_table": targets[0][-2],
        "referred_columns": [target[-1] for target in targets],
        "options": {},
    }


@dataclass
class MadeObjects:
    """Tables and enums that the revisions have made, and their schemas.

    Attributes:
        tables: the tables by their schema and name.
        enums: the values of each enum, by schema and name.
        version: a number that grows with each change.
    """

    tables: dict[tuple[str, str], MadeTable] = field(default_factory=dict)
    enums: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    version: int = 0
    _own: set[tuple[str, str]] = field(default_factory=set)

    def copy(self) -> MadeObjects:
        """Return a copy that later operations do not change."""
        self._own.clear()  # now they are shared, and copied when they change
        tables = dict(self.tables)
        enums = {key: list(values) for key, values in self.enums.items()}
        return MadeObjects(tables, enums, self.version)

    def restore(self, kept: MadeObjects) -> None:
        """Return to the objects of a copy."""
        self.tables, self.enums = dict(kept.tables), kept.enums
        self._own.clear()
        self.version += 1

    def find(self, name: str, schema: str | None) -> MadeTable | None:
        """Return a table, None if no revision has made it."""
        return self.tables.get((schema or PUBLIC, name))

    def named(self, schema: str | None) -> list[str]:
        """Return the names of the tables of a schema."""
        return [name for own, name in self.tables if own == (schema or PUBLIC)]

    def table(self, name: str, schema: str | None) -> MadeTable:
        """Return a table, and record it if no revision has made it."""
        key = (schema or PUBLIC, name)
        known = self.tables.get(key)
        if known is None or key not in self._own:
            self.tables[key] = known.copy() if known else MadeTable()
            self._own.add(key)
        return self.tables[key]

    def of(self, name: QualifiedName) -> MadeTable:
        """Return a table by its qualified name."""
        return self.table(name.name, name.schema)

    def make(self, made: Table) -> None:
        """Record a table with all its parts."""
        table = MadeTable(comment=made.comment)
        key = (made.schema or PUBLIC, str(made.name))
        self.tables[key] = table
        self._own.add(key)
        for column in made.columns:
            table.add(column)
            self.add_type(column.type, made.schema)
        for constraint in sorted(made.constraints, key=lambda each: str(each.name)):
            table.constrain(str(made.name), constraint)
        for foreign in list(table.constraints["foreign"]):
            self.exists(foreign)
        for index in made.indexes:
            table.index(index)

    def add_type(self, type_: Any, schema: str | None) -> None:
        """Record the enum that a column makes."""
        if isinstance(type_, Enum) and type_.native_enum and type_.name:
            key = (type_.schema or schema or PUBLIC, str(type_.name))
            self.enums.setdefault(key, [str(each) for each in type_.enums])

    def refer(self, table: str, schema: str | None, column: Column[Any]) -> None:
        """Record the foreign keys of a column."""
        name, known = str(column.name), self.table(table, schema).constraints["foreign"]
        for key in column.foreign_keys:
            facts = {"constrained_columns": [name], **target_of([key])}
            facts["name"] = str(key.name or f"{table}_{name}_fkey")
            if facts not in known:
                known.append(facts)
            self.exists(facts)

    def exists(self, key: Facts) -> None:
        """Record the table to which a foreign key refers."""
        table = self.table(key["referred_table"], key["referred_schema"])
        for column in key["referred_columns"]:
            table.columns.setdefault(column, unknown(column))

    def forget(self, name: str, schema: str | None) -> None:
        """Drop a table."""
        self.tables.pop((schema or PUBLIC, name), None)
        self._own.discard((schema or PUBLIC, name))

    def drop_named(self, name: str, schema: str | None) -> None:
        """Drop an index whose table is not named."""
        for own, table_name in list(self.tables):
            if own == (schema or PUBLIC) and self.tables[own, table_name].has(name):
                self.table(table_name, own).drop_named(name)

    def rename(self, old: QualifiedName, new: str) -> None:
        """Rename a table."""
        schema = old.schema or PUBLIC
        table = self.tables.pop((schema, old.name), MadeTable())
        self.tables[schema, new] = table
        self._own -= {(schema, old.name), (schema, new)}


def written_default(default: Any) -> str | None:
    """Return a server default as SQL, None without one."""
    value = getattr(default, "arg", default)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return sql_text(value) if isinstance(value, ClauseElement) else None


def unknown(name: str, type_: Any = None) -> Facts:
    """Return the facts of a column that no revision has made."""
    return {
        "name": name,
        "type": type_ or NullType(),
        "nullable": True,
        "default": None,
        "autoincrement": False,
        "comment": None,
    }


def all_columns(made: MadeObjects) -> Iterator[tuple[str, str, int, Facts]]:
    """Yield each column with its schema, table and number."""
    for (schema, name), table in made.tables.items():
        for number, facts in enumerate(table.columns.values(), 1):
            yield schema, name, number, facts
