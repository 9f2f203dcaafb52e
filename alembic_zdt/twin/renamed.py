"""Definitions of a column's indexes and statistics for another column name.

The server returns their definitions: they are created on an empty temporary copy of the
table, whose column is then renamed.
https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import lookup, partition
from alembic_zdt.catalog.dependents.column_indexes import (
    DependentIndex,
    standing_indexes,
)
from alembic_zdt.catalog.dependents.extended_statistics import (
    DependentStatistics,
    standing_statistics,
)
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.errors import PreconditionError
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.server_facts import PROBE, Question

# Queries use the index of an exclusion constraint, too; the original enforces it.
_KINDS = "pux"


@dataclass(frozen=True)
class OnTable:
    """The indexes and statistics on one table of a partition tree.

    Attributes:
        table: the table, or a partition with an index or statistics of its own.
        indexes: the indexes, with their definitions on the twin.
        statistics: the extended statistics, with their definitions on the twin.
    """

    table: QualifiedName
    indexes: tuple[DependentIndex, ...] = ()
    statistics: tuple[DependentStatistics, ...] = ()


@dataclass(frozen=True)
class RenamedQuestion(Question[tuple[OnTable, ...]]):
    """How would the column's indexes and statistics be defined under another name?"""

    table: QualifiedName
    column: str
    twin: str


@lookup.answer.register
def _(question: RenamedQuestion, database: Database) -> tuple[OnTable, ...]:
    tables = _tables(database, question)
    return tuple(on for on in (_on(database, question, t) for t in tables) if on)


def _tables(
    database: Database, question: RenamedQuestion
) -> Iterator[tuple[QualifiedName, int]]:
    """Yield the table and its leaf partitions, each with the column's number there."""
    own = (
        "EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x"
        " ON x.oid = i.indexrelid WHERE i.indrelid = tree.oid"
        " AND NOT x.relispartition) OR EXISTS (SELECT"
        " FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = tree.oid)"
    )
    rows = database.rows(
        f"{partition.tree(question.table)}"  # noqa: S608  # quoted
        " SELECT tree.level, c.relname::text, n.nspname::text, a.attnum::int FROM tree"
        " JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = tree.oid"
        f" AND a.attname = {literal(question.column)} AND NOT a.attisdropped"
        f" WHERE tree.level = 0 OR (c.relkind = 'r' AND ({own}))"
        " ORDER BY tree.level, n.nspname, c.relname"
    )
    for level, name, schema, attnum in rows:
        yield (QualifiedName(name, schema) if level else question.table), attnum


def _on(
    database: Database, question: RenamedQuestion, found: tuple[QualifiedName, int]
) -> OnTable | None:
    table, attnum = found
    indexes = standing_indexes(database, table, attnum, _KINDS)
    if table != question.table:
        indexes = tuple(index for index in indexes if not index.is_part)
    statistics = standing_statistics(database, table, attnum)
    if not (indexes or statistics):
        return None
    return _renamed(database, question, OnTable(table, indexes, statistics))


def _renamed(database: Database, question: RenamedQuestion, on: OnTable) -> OnTable:
    try:
        with undone(database):
            for statement in _statements(question, on):
                database.execute(statement)
            (attnum,) = database.rows(
                "SELECT a.attnum::int FROM pg_catalog.pg_attribute a"  # noqa: S608  # quoted
                f" WHERE a.attrelid = {PROBE.regclass}"
                f" AND a.attname = {literal(question.twin)}"
            )[0]
            indexes = standing_indexes(database, PROBE, attnum)
            statistics = standing_statistics(database, PROBE, attnum)
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        raise _not_tried(database, question, error) from error
    return replace(
        on,
        indexes=tuple(
            replace(old, definition=new.definition, predicate=new.predicate)
            for old, new in zip(on.indexes, indexes, strict=True)
        ),
        statistics=tuple(
            replace(old, definition=new.definition)
            for old, new in zip(on.statistics, statistics, strict=True)
        ),
    )


def _not_tried(
    database: Database, question: RenamedQuestion, error: DBAPIError
) -> PreconditionError:
    words = f"{question.table.label}.{question.column}"
    found = driver_errors.diagnostics(error)
    remedy = "Change the object in the message of the server"
    if found.sqlstate == driver_errors.INSUFFICIENT_PRIVILEGE:
        remedy = "Run " + database.value(
            "SELECT pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO %I',"
            " current_database(), current_user)"
        )
    return PreconditionError(
        f'cannot copy the indexes of "{words}"',
        detail="The copies are first tried on a temporary table. The server reported: "
        f"{found.message}.",
        hint=f"{remedy}, or pass copy_indexes=False.",
        table=question.table.label,
        column=question.column,
    )


def _statements(question: RenamedQuestion, on: OnTable) -> Sequence[str]:
    column, twin = quote(question.column), quote(question.twin)
    probe = f"ALTER TABLE {PROBE.sql}"
    return (
        f"CREATE TEMPORARY TABLE {PROBE.name} (LIKE {on.table.sql})",
        f"{probe} DROP COLUMN IF EXISTS {twin}",
        *(i.create(_nth(n), PROBE.sql) for n, i in enumerate(on.indexes)),
        *(
            s.create(f"pg_temp.{_nth(n)}", PROBE.sql)[0]
            for n, s in enumerate(on.statistics)
        ),
        f"{probe} RENAME COLUMN {column} TO {twin}",
    )


def _nth(number: int) -> str:
    return f"zdt_probe_{number:05}"
