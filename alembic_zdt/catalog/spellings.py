"""Expressions as the server spells them, for example defaults and CHECK constraints.

https://www.postgresql.org/docs/current/functions-info.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from alembic_zdt.catalog import index
from alembic_zdt.catalog.constraint import DEFINITION
from alembic_zdt.connection.database import Database
from alembic_zdt.names import IN_USER_SCHEMA, QualifiedName, dollar_tag

_OURS = "zdt_spelling"
_DEFAULTS = (
    "SELECT a.attrelid, a.attname::text,"
    " pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS spelled,"
    " EXISTS (SELECT FROM pg_catalog.pg_depend o"
    " JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'"
    " WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum"
    " AND o.deptype = 'a') AS is_serial, a.attgenerated::text AS generated,"
    " pg_catalog.format_type(a.atttypid, a.atttypmod) AS type"
    " FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a"
    " ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
)


@dataclass(frozen=True)
class Generated:
    """The expression of a generated column.

    Attributes:
        expression: the expression, as the server spells it.
        kind: ``s`` for STORED, ``v`` for VIRTUAL.
        type: the type of the column.
    """

    expression: str
    kind: str
    type: str


@dataclass
class Expressions:
    """The expressions of one table, as the server spells them.

    Attributes:
        table: its name in the database.
        columns: their names.
        types: the types of the columns in the database.
        defaults: the defaults, by column.
        serial: columns whose default belongs to a sequence of their own.
        checks: definitions of CHECK constraints, by name.
        check_columns: the columns of CHECK constraints, by the name of the constraint.
        exclusions: definitions of exclusion constraints, by name.
        generated: generated columns, by name.
        identity: identity columns.
        indexes: definitions of indexes that belong to no constraint, by name.
    """

    table: str = ""
    columns: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    serial: set[str] = field(default_factory=set)
    checks: dict[str, str] = field(default_factory=dict)
    check_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exclusions: dict[str, str] = field(default_factory=dict)
    generated: dict[str, Generated] = field(default_factory=dict)
    identity: set[str] = field(default_factory=set)
    indexes: dict[str, str] = field(default_factory=dict)

    def add(self, more: Expressions) -> None:
        """Add the expressions of another object."""
        for name in ("defaults", "checks", "check_columns", *_DEFINITIONS):
            getattr(self, name).update(getattr(more, name))


_DEFINITIONS = ("exclusions", "generated", "indexes")
Statements = Callable[[QualifiedName], Iterable[str]]
"""Returns the statements that declare the expressions of a table on a copy of it."""


def present(database: Database) -> dict[tuple[str, str], Expressions]:
    """Return the expressions of each table outside of system schemas."""
    tables = database.rows(
        "SELECT c.oid::bigint, n.nspname::text, c.relname::text,"
        " ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY a.attnum),"
        " ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)"
        " FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY a.attnum),"
        " ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attidentity <> '')"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.relkind IN ('r', 'p') AND {IN_USER_SCHEMA}"
    )
    by_oid = {
        oid: Expressions(
            name, tuple(has), dict(zip(has, types, strict=True)), identity=set(own)
        )
        for oid, _, name, has, types, own in tables
    }
    _fill(by_oid, database, IN_USER_SCHEMA)
    return {(schema, name): by_oid[oid] for oid, schema, name, *_ in tables}


def _fill(by_oid: dict[int, Expressions], database: Database, relations: str) -> None:
    defaults = database.rows(
        "SELECT x.attrelid::bigint, x.attname, x.spelled, x.is_serial, x.generated,"
        f" x.type FROM ({_DEFAULTS}) x"
    )
    for oid, column, spelled, is_serial, kind, type_ in defaults:
        found = by_oid.get(oid)
        if found is not None and kind:
            found.generated[column] = Generated(spelled, kind, type_)
        elif found is not None:
            found.defaults[column] = spelled
            found.serial |= {column} if is_serial else set()
    constraints = database.rows(
        f"SELECT k.conrelid::bigint, k.conname::text, {DEFINITION}, k.contype::text,"
        " ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a"
        " WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))"
        " FROM pg_catalog.pg_constraint k WHERE k.contype IN ('c', 'x')"
        " AND k.conrelid <> 0 AND k.conislocal"
    )
    for oid, name, definition, kind, columns in constraints:
        if oid in by_oid:
            found = by_oid[oid]
            (found.checks if kind == "c" else found.exclusions)[name] = definition
            found.check_columns[name] = tuple(columns)
    for oid, name, definition in database.rows(index.definitions(relations)):
        if oid in by_oid:
            by_oid[oid].indexes[name] = definition


def spelled(
    database: Database, copies: Sequence[tuple[QualifiedName, Statements]]
) -> list[Expressions]:
    """Return the server's spelling of expressions, without those that it refuses.

    The copies stay, so the caller rolls them back.

    Args:
        database: a connection in a transaction, or in a savepoint.
        copies: the temporary tables, each with the statements that declare its
            expressions.
    """
    body = "".join(
        _tried(
            f"CREATE TEMPORARY TABLE {_OURS}_{number} (LIKE {table.sql});",
            *(f"{each};" for each in statements(_copy(number))),
        )
        for number, (table, statements) in enumerate(copies)
    )
    tag = dollar_tag(body)
    database.execute(f"DO {tag}BEGIN {body} END{tag}")
    found = [Expressions(_copy(number).name) for number in range(len(copies))]
    numbers = database.rows(
        "SELECT c.oid::bigint, c.relname::text FROM pg_catalog.pg_class c"
        " WHERE c.relnamespace = pg_catalog.pg_my_temp_schema()"
        f" AND c.relkind = 'r' AND c.relname ~ '^{_OURS}_'"
    )
    known = {each.table: each for each in found}
    by_oid = {oid: known[name] for oid, name in numbers}
    _fill(by_oid, database, "n.oid = pg_catalog.pg_my_temp_schema()")
    for each in found:
        each.indexes = _with_short_names(each.table, each.indexes)
        each.exclusions = _with_short_names(each.table, each.exclusions)
    return found


def copy_key(copy: QualifiedName, key: str) -> str:
    """Return the name of an index on a copy, which no other copy has."""
    return f"{copy.name}_{key}"


def _with_short_names(copy: str, found: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(f"{copy}_"): each for name, each in found.items()}


def _copy(number: int) -> QualifiedName:
    return QualifiedName(f"{_OURS}_{number}", "pg_temp")


def _tried(first: str, *others: str) -> str:
    """Return statements of PL/pgSQL that ignore their errors."""
    inner = "".join(
        f"BEGIN {other} EXCEPTION WHEN OTHERS THEN END; " for other in others
    )
    return f"BEGIN {first} {inner} EXCEPTION WHEN OTHERS THEN END;\n"
