"""The effect of ``ALTER COLUMN`` on this server, tried on an empty copy.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic.operations import Operations, ops
from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import lookup, partition
from alembic_zdt.catalog.column_definition import definition
from alembic_zdt.catalog.constraint import is_in_foreign_key
from alembic_zdt.catalog.value_kinds import ValueKind, kind_of_column
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.runner.script.offline_contexts import offline_context
from alembic_zdt.server_facts import PROBE, Question

_SMALL = 1024 * 1024
_FILES = (
    "SELECT pg_catalog.array_agg(f ORDER BY f)::text FROM"
    f" (SELECT pg_catalog.pg_relation_filenode({PROBE.regclass})"
    " UNION ALL SELECT pg_catalog.pg_relation_filenode(indexrelid)"
    f" FROM pg_catalog.pg_index WHERE indrelid = {PROBE.regclass}) x (f)"
)
_SCANS = (
    "SELECT seq_scan FROM pg_catalog.pg_stat_xact_all_tables"
    f" WHERE relid = {PROBE.regclass}"
)


class _Nothing:
    """A None that appears in a written call, unlike a plain None."""

    def __repr__(self) -> str:
        return "None"


def given_default(default: Any) -> Any:
    """Return a default as an argument of a written call, None to leave it out."""
    if default is False:
        return None
    return _Nothing() if default is None else default


def statements(
    table: QualifiedName, column: str, changes: dict[str, Any]
) -> tuple[str, ...]:
    """Return the statements that Alembic sends for ``op.alter_column()``."""
    context = offline_context(literal_binds=True)
    found: list[str] = []
    setattr(context.impl, "static_output", found.append)  # noqa: B010
    stock = ops.AlterColumnOp(table.name, column, schema=table.schema, **changes)
    Operations(context).invoke(stock)
    return tuple(text.strip().removesuffix(";") for text in found)


@dataclass(frozen=True)
class Alteration:
    """The result of statements that were tried on an empty copy.

    Attributes:
        becomes: the definition that the column would have.
        rewrites: whether the server would rewrite the table or an index.
        scans: whether the server would read the whole table.
        has_keys: whether a foreign key of this or another table uses the column.
        is_small: whether all tables that a rewrite reads or writes have at most a
            megabyte together.
        problem: the error of the server, empty if there was none.
        kinds: the kinds of values before and after, None if unknown.
    """

    becomes: str = ""
    rewrites: bool = False
    scans: bool = False
    has_keys: bool = False
    is_small: bool = False
    problem: str = ""
    kinds: tuple[ValueKind, ValueKind] | None = None

    @property
    def is_free(self) -> bool:
        """Check whether the change is quick for any number of rows."""
        return not (self.rewrites or self.scans or self.problem)


@dataclass(frozen=True)
class AlterationQuestion(Question[Alteration]):
    """How would these statements change the column and the table?

    Attributes:
        table: the table.
        column: the column.
        statements: the statements, with :data:`PROBE` in place of the table.
    """

    table: QualifiedName
    column: str
    statements: tuple[str, ...]


@lookup.answer.register
def _(question: AlterationQuestion, database: Database) -> Alteration | None:
    has_keys = database.holds(is_in_foreign_key(question.table, question.column))
    is_small = database.holds(_is_small(question.table, question.column))
    try:
        with undone(database):
            database.execute(
                f"CREATE TEMPORARY TABLE {PROBE.name}"
                f" (LIKE {question.table.sql} INCLUDING ALL)"
            )
            files, scans = database.value(_FILES), database.value(_SCANS)
            for statement in question.statements:
                database.execute(statement)
            return Alteration(
                str(database.value(f"SELECT {definition(PROBE, question.column)}")),
                rewrites=database.value(_FILES) != files,
                scans=database.value(_SCANS) != scans,
                has_keys=has_keys,
                is_small=is_small,
                kinds=_kinds(question, database),
            )
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return Alteration(problem=driver_errors.diagnostics(error).message)


def _kinds(
    question: AlterationQuestion, database: Database
) -> tuple[ValueKind, ValueKind] | None:
    old = kind_of_column(database, question.table, question.column)
    new = kind_of_column(database, PROBE, question.column)
    return (old, new) if old and new else None


def _is_small(table: QualifiedName, column: str) -> str:
    """Return SQL that is true if a rewrite of the table takes only a short time.

    A rewrite includes partitions and children, and the server checks each foreign key
    of the column again, which reads the other table of the key.
    """
    read = (
        f"{partition.tree(table)}, key AS (SELECT k.conrelid, k.confrelid"
        " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a"
        " ON (a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))"
        " OR (a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))"
        f" WHERE k.contype = 'f' AND a.attname = {literal(column)}"
        " AND a.attrelid IN (SELECT oid FROM tree))"
        " SELECT oid FROM tree UNION SELECT conrelid FROM key"
        " UNION SELECT confrelid FROM key"
    )
    return (
        "((SELECT sum(pg_catalog.pg_total_relation_size(x.oid))"
        f" FROM ({read}) x) <= {_SMALL})"
    )
