"""Answer the questions of an operation before its steps are computed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from alembic_zdt.catalog import constraint as constraint_sql
from alembic_zdt.catalog import enum as enum_sql
from alembic_zdt.catalog import index as index_sql
from alembic_zdt.catalog import partition
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import on_empty_copy, undone
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.server_facts import (
    FIRST_WITH_NOT_NULL_CONSTRAINTS,
    PROBE,
    CanonicalCheck,
    CanonicalIndex,
    Column,
    ConstraintFacts,
    ConstraintQuestion,
    EnumValues,
    FreeConstraintName,
    IndexFacts,
    IndexQuestion,
    NotNullConstraint,
    Partition,
    Proof,
    Question,
    ReindexLeftovers,
    Server,
    TableFacts,
    TableQuestion,
)


def survey(database: Database, questions: Iterable[Question[Any]]) -> Server:
    """Return the server with the answers that the operation needs.

    No more questions are asked about a table that does not exist.
    """
    known: dict[Question[Any], Any] = {}
    missing = set()
    for question in questions:
        if getattr(question, "table", None) in missing:
            continue
        found = answer(question, database)
        if found is not None:
            known[question] = found
        elif isinstance(question, TableQuestion):
            missing.add(question.table)
    return Server(version=server_version(database), online=True, answers=known)


def server_version(database: Database) -> int:
    """Return ``server_version_num``, for example 160004."""
    setting = "SELECT pg_catalog.current_setting('server_version_num')"
    return int(database.value(setting))


@singledispatch
def answer(question: Question[Any], database: Database) -> Any:
    """Return the answer of the catalog, None when there is no such object."""
    raise TypeError(question, database)


@answer.register
def _(question: TableQuestion, database: Database) -> TableFacts | None:
    oid = question.table.regclass
    found = database.rows(
        "SELECT relkind::text, relispartition, n.nspname::text"
        " FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.oid = {oid}"
    )
    if not found:
        return None
    kind, is_partition, schema = found[0]
    parts = _partitions(database, question.table) if kind == "p" else ()
    return TableFacts(kind, _columns(database, oid), parts, is_partition, schema)


def _columns(database: Database, oid: str) -> dict[str, Column]:
    rows = database.rows(
        "SELECT attname::text, pg_catalog.format_type(atttypid, atttypmod), attnotnull"
        f" FROM pg_catalog.pg_attribute WHERE attrelid = {oid}"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    return {row[0]: Column(*row) for row in rows}


def _partitions(database: Database, table: QualifiedName) -> tuple[Partition, ...]:
    rows = database.rows(
        f"{partition.tree(table)}"
        " SELECT c.relname::text, n.nspname::text, p.relname::text, pn.nspname::text,"
        " c.relkind = 'r', x.level"
        " FROM tree x"
        " JOIN pg_catalog.pg_class c ON c.oid = x.oid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_class p ON p.oid = x.parent"
        " JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
        " WHERE c.relkind IN ('r', 'p') ORDER BY x.level, 2, 1"
    )
    return tuple(
        Partition(
            name=QualifiedName(name, schema),
            parent=table if level == 1 else QualifiedName(parent, parent_schema),
            is_leaf=is_leaf,
        )
        for name, schema, parent, parent_schema, is_leaf, level in rows
    )


@answer.register
def _(question: IndexQuestion, database: Database) -> IndexFacts | None:
    rows = database.rows(
        "SELECT t.relname::text, n.nspname::text, k.conname::text, c.relkind = 'I'"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " LEFT JOIN pg_catalog.pg_constraint k"
        " ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')"
        f" WHERE i.indexrelid = {question.index.regclass}"
    )
    if not rows:
        return None
    table, schema, constraint, is_partitioned = rows[0]
    return IndexFacts(QualifiedName(table, schema), constraint or "", is_partitioned)


@answer.register
def _(question: ReindexLeftovers, database: Database) -> tuple[QualifiedName, ...]:
    rows = database.rows(index_sql.leftovers(question.table, question.index))
    return tuple(QualifiedName(name, schema) for schema, name in rows)


@answer.register
def _(question: ConstraintQuestion, database: Database) -> ConstraintFacts | None:
    rows = database.rows(
        "SELECT k.contype::text, r.relname::text, n.nspname::text,"
        " coalesce(r.relkind = 'p', false)"
        " FROM pg_catalog.pg_constraint k"
        " LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid"
        " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
        f" WHERE k.conrelid = {question.table.regclass}"
        f" AND k.conname = {literal(question.constraint)}"
    )
    if not rows:
        return None
    contype, referent, schema, is_partitioned = rows[0]
    table = QualifiedName(referent, schema) if schema else None
    return ConstraintFacts(contype, table, is_partitioned)


@answer.register
def _(question: CanonicalIndex, database: Database) -> str | None:
    namesakes = index_sql.namesakes(question.index, question.table)
    if not database.rows(namesakes):
        return None
    reading = (
        f"SELECT {index_sql.DEFINITION} FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        f" WHERE i.indrelid = {PROBE.regclass}"
    )
    return _probed(database, question.table, question.create, reading)


@answer.register
def _(question: CanonicalCheck, database: Database) -> str | None:
    namesakes = constraint_sql.namesakes(question.constraint, question.table)
    if not database.rows(namesakes):
        return None
    adding = (
        f"ALTER TABLE {PROBE.sql} ADD CONSTRAINT {quote(question.constraint)}"
        f" CHECK ({question.condition})"
    )
    reading = (
        f"SELECT {constraint_sql.DEFINITION} FROM pg_catalog.pg_constraint k"
        f" WHERE k.conrelid = {PROBE.regclass}"
        f" AND k.conname = {literal(question.constraint)}"
    )
    return _probed(database, question.table, adding, reading)


def _probed(
    database: Database, table: QualifiedName, statement: str, reading: str
) -> str | None:
    """Try *statement* on an empty copy, and return the server's spelling of it."""
    with on_empty_copy(database, table):
        database.execute(statement)
        spelling = database.value(reading)
        return None if spelling is None else str(spelling)


@answer.register
def _(question: NotNullConstraint, database: Database) -> str | None:
    if server_version(database) < FIRST_WITH_NOT_NULL_CONSTRAINTS:
        return None
    found = database.value(
        "SELECT k.conname::text FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid"
        " AND k.conkey = ARRAY[a.attnum]"
        f" WHERE k.conrelid = {question.table.regclass} AND k.contype = 'n'"
        f" AND a.attname = {literal(question.column)}"
    )
    return None if found is None else str(found)


@answer.register
def _(question: FreeConstraintName, database: Database) -> str | None:
    rows = database.rows(
        "SELECT conname::text FROM pg_catalog.pg_constraint"
        f" WHERE conrelid = {question.table.regclass}"
    )
    taken = {row[0] for row in rows}
    return next((name for name in question.names if name not in taken), None)


@answer.register
def _(question: EnumValues, database: Database) -> tuple[str, ...] | None:
    found = database.rows(
        "SELECT e.enumlabel::text FROM pg_catalog.pg_type t"
        " LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid"
        f" WHERE t.oid = {enum_sql.regtype(question.enum)} AND t.typtype = 'e'"
        " ORDER BY e.enumsortorder"
    )
    return tuple(row[0] for row in found if row[0] is not None) if found else None


@answer.register
def _(question: Proof, database: Database) -> bool:
    have = _columns(database, question.table.regclass)
    if not set(question.columns) <= set(have):
        return False
    with undone(database):
        database.execute("SET LOCAL constraint_exclusion = on")
        plan = database.rows(
            f"EXPLAIN (COSTS OFF) SELECT 1 FROM ONLY {question.table.sql}"
            f" WHERE {question.condition}",
            as_written=True,
        )
        return any("One-Time Filter: false" in row[0] for row in plan)
