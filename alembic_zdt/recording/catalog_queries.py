"""Answers to queries of the catalog about the objects that the revisions have made.

The queries run in SQLite, over tables with the catalog's names.
https://www.postgresql.org/docs/current/information-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType

from alembic_zdt.recording.made_tables import PUBLIC, MadeObjects, all_columns

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # not typed there
_ASKS = re.compile(
    r"\binformation_schema\.|\bpg_(?:attribute|class|constraint|enum|indexes|namespace"
    r"|tables|type)\b|\bto_reg(?:class|type)\b",
    re.IGNORECASE,
)
_CAST = re.compile(r"::\s*+[a-z_]++(?:\s*+\[\s*+\])?", re.IGNORECASE)
_REGCLASS = re.compile(
    r"(?P<name>(?<!')'(?:[^']|'')*+'|\$\d++)\s*+::\s*+regclass\b(?!\s*+::)",
    re.IGNORECASE,
)
_CATALOG = re.compile(r"\bpg_catalog\.", re.IGNORECASE)


class CatalogQueries:
    """Queries of the catalog, answered from what the revisions have made."""

    def __init__(self, made: MadeObjects) -> None:
        self._made = made
        self._version = -1
        self._database: Any = None

    def answer(
        self, text: str, parameters: Mapping[str, Any] | Sequence[Any] | None
    ) -> tuple[list[str], list[tuple[Any, ...]]] | None:
        """Return columns and rows of a query of the catalog, None for other queries."""
        if not self._made.version or not _ASKS.search(text):
            return None
        try:
            cursor = self._filled().execute(_in_sqlite(text), _by_number(parameters))
            names = [column[0] for column in cursor.description or ()]
            return names, [tuple(row) for row in cursor.fetchall()]
        except Exception:  # noqa: BLE001  # SQL that only PostgreSQL knows
            return None

    def _filled(self) -> Any:
        if self._version != self._made.version:
            self._database = _database(self._made)
            self._version = self._made.version
        return self._database


def _in_sqlite(text: str) -> str:
    """Return a query of the catalog with functions and without casts, for SQLite."""
    named = _REGCLASS.sub(r"oid_of(\g<name>)", _CATALOG.sub("", text))
    return _CAST.sub("", named)


def _by_number(parameters: Any) -> Any:
    if isinstance(parameters, Mapping):
        return parameters
    return {str(number): each for number, each in enumerate(parameters or (), 1)}


def _database(made: MadeObjects) -> Any:
    """Return an SQLite database with the tables of the catalog."""
    import sqlite3  # noqa: PLC0415  # Python may be built without it

    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("ATTACH ':memory:' AS information_schema")
    for name, columns, rows in _catalog(made):
        marks = ", ".join("?" * len(columns.split(", ")))
        database.execute(f"CREATE TABLE {name} ({columns})")
        database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608  # constants
    known = {(PUBLIC, name) for name in made.named(None)} | set(made.tables)

    oids = _oids(made)

    def key_of(name: Any) -> tuple[str, str]:
        schema, _, own = str(name).replace('"', "").rpartition(".")
        return schema or PUBLIC, own

    def to_regclass(name: Any) -> Any:
        key = key_of(name)
        return key[1] if key in known else None

    database.create_function("to_regclass", 1, to_regclass)
    database.create_function("oid_of", 1, lambda name: oids.get(key_of(name)))
    database.create_function(
        "to_regtype", 1, lambda name: name if (PUBLIC, name) in made.enums else None
    )
    for name, value in (("current_schema", PUBLIC), ("current_database", "recorded")):
        database.create_function(name, 0, lambda value=value: value)
    return database


def _oids(made: MadeObjects) -> dict[tuple[str, str], int]:
    """Return the oid of each table."""
    return {key: number for number, key in enumerate(made.tables, 1)}


_COLUMNS = (
    "table_catalog, table_schema, table_name, column_name, ordinal_position, "
    "is_nullable, data_type, column_default, character_maximum_length"
)


def _catalog(made: MadeObjects) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield the catalog's tables: the name, the columns and the rows."""
    tables = list(made.tables)
    oids = _oids(made)
    yield (
        "information_schema.tables",
        "table_catalog, table_schema, table_name, table_type",
        [("recorded", schema, name, "BASE TABLE") for schema, name in tables],
    )
    columns = [
        (
            "recorded",
            schema,
            table,
            facts["name"],
            number,
            _yes(facts),
            _type(facts),
            facts.get("default"),
            getattr(facts.get("type"), "length", None),
        )
        for schema, table, number, facts in all_columns(made)
    ]
    yield (
        "information_schema.columns",
        _COLUMNS,
        columns,
    )
    schemas = sorted({PUBLIC, *(schema for schema, _ in (*tables, *made.enums))})
    yield (
        "information_schema.schemata",
        "catalog_name, schema_name",
        [("recorded", schema) for schema in schemas],
    )
    constraints = list(_constraints(made))
    yield (
        "information_schema.table_constraints",
        "constraint_schema, table_schema, table_name, constraint_name, constraint_type",
        [(each[0], *each[:4]) for each in constraints],
    )
    yield (
        "information_schema.key_column_usage",
        "constraint_schema, table_schema, table_name, constraint_name, column_name",
        [(e[0], e[0], e[1], e[2], column) for e in constraints for column in e[4]],
    )
    yield "pg_tables", "schemaname, tablename", tables
    yield "pg_namespace", "oid, nspname", list(enumerate(schemas))
    indexes = list(_indexes(made))
    yield "pg_indexes", "schemaname, tablename, indexname", indexes
    relations = [
        (oid, name, schemas.index(schema), "r") for (schema, name), oid in oids.items()
    ]
    relations += [
        (len(oids) + n, name, schemas.index(schema), "i")
        for n, (schema, _, name) in enumerate(indexes, 1)
    ]
    yield "pg_class", "oid, relname, relnamespace, relkind", relations
    yield (
        "pg_attribute",
        "attrelid, attname, attnum, attnotnull, attisdropped",
        [
            (oids[schema, table], facts["name"], number, _yes(facts) == "NO", False)
            for schema, table, number, facts in all_columns(made)
        ],
    )
    yield (
        "pg_constraint",
        "conname, conrelid, contype, convalidated",
        [(e[2], oids[e[0], e[1]], _CONTYPES[e[3]], True) for e in constraints],
    )
    enums = list(made.enums.items())
    yield (
        "pg_type",
        "oid, typname, typnamespace, typtype",
        [
            (n, name, schemas.index(schema), "e")
            for n, ((schema, name), _labels) in enumerate(enums)
        ],
    )
    yield (
        "pg_enum",
        "enumtypid, enumlabel, enumsortorder",
        [
            (n, label, k)
            for n, (_, labels) in enumerate(enums)
            for k, label in enumerate(labels)
        ],
    )


_CONTYPES = {"PRIMARY KEY": "p", "FOREIGN KEY": "f", "UNIQUE": "u", "CHECK": "c"}
_KINDS = {"foreign": "FOREIGN KEY", "unique": "UNIQUE", "check": "CHECK"}


def _constraints(made: MadeObjects) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """Yield the schema, table, name, kind and columns of each constraint."""
    for (schema, name), table in made.tables.items():
        if table.primary_key["name"]:
            columns = table.primary_key["constrained_columns"]
            yield schema, name, table.primary_key["name"], "PRIMARY KEY", columns
        for kind, known in table.constraints.items():
            for each in known:
                columns = each.get("constrained_columns") or each.get(
                    "column_names", []
                )
                yield schema, name, each["name"], _KINDS[kind], columns


def _indexes(made: MadeObjects) -> Iterator[tuple[str, str, str]]:
    """Yield the schema, table and name of each index, with indexes of constraints."""
    for (schema, name), table in made.tables.items():
        for each in table.indexes:
            yield schema, name, each["name"]
    for schema, table_name, name, kind, _columns in _constraints(made):
        if kind in {"PRIMARY KEY", "UNIQUE"}:
            yield schema, table_name, name


def _yes(facts: Mapping[str, Any]) -> str:
    return "YES" if facts.get("nullable", True) else "NO"


def _type(facts: Mapping[str, Any]) -> str:
    """Return the name of a type as information_schema has it."""
    type_ = facts.get("type")
    if type_ is None or isinstance(type_, NullType):
        return ""
    if getattr(type_, "enums", None) is not None:
        return "USER-DEFINED"
    name = type_.compile(dialect=_DIALECT).lower().partition("(")[0].strip()
    return {
        "varchar": "character varying",
        "timestamp": "timestamp without time zone",
    }.get(name, "ARRAY" if name.endswith("[]") else name)
