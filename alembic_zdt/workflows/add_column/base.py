"""A column as a caller declares it, and the cost of adding it.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Enum, MetaData, Table
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.schema import CreateColumn

from alembic_zdt.catalog import enum as enum_catalog
from alembic_zdt.catalog import lookup, writers
from alembic_zdt.catalog.column_copy import ColumnCopyQuestion
from alembic_zdt.catalog.writers import Lacking
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import on_empty_copy
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.columns.column_types import SqlType
from alembic_zdt.operations.enums.enum_change import enum_of, name_of
from alembic_zdt.server_facts import PROBE, CanonicalColumn, Question
from alembic_zdt.workflows.add_column.alone import NO_OPTIONS, Options, calls_instead
from alembic_zdt.workflows.add_column.declared_identity import DeclaredIdentity


@dataclass(frozen=True)
class AddedColumn:
    """A column to add.

    Attributes:
        name: its name.
        declared: the column definition after ADD COLUMN.
        bare: the definition without default and NOT NULL.
        cast: its type as it is written in a cast.
        default: an SQL expression, empty when there is none.
        is_plain: whether the column has no default, or a constant one.
        is_generated: whether its values are made from the row's other columns.
        not_null: whether it is NOT NULL.
        enum: its enum type, which is created if it does not exist.
        identity: its identity, None for other columns.
        comment: its comment.
    """

    name: str
    declared: str
    bare: str
    cast: str
    default: str
    is_plain: bool
    is_generated: bool
    not_null: bool
    enum: Enum | None
    identity: DeclaredIdentity | None
    comment: str | None

    @classmethod
    def of(
        cls, table: QualifiedName, column: Column[Any], options: Options = NO_OPTIONS
    ) -> AddedColumn:
        """Return the column that SQLAlchemy's *column* declares.

        Args:
            table: the table.
            column: the column, as the caller declares it.
            options: the options of the caller's own call.

        Raises:
            UsageError: a part of the column must be added in another way.
        """
        name = checked(str(column.name), "column")
        copy = _in_table(table, column)
        _refuse_more(table, copy, options)
        type_ = SqlType.of(copy.type, "type_")
        default = _compiled_default(copy)
        is_generated = copy.computed is not None
        identity = DeclaredIdentity.of(copy, type_.cast)
        if not (copy.nullable or identity or (default and not is_generated)):
            _refuse_not_null(table, name)
        text = getattr(copy.server_default, "arg", None)
        declared = str(CreateColumn(copy).compile(dialect=DIALECT))
        return cls(
            name=name,
            declared=declared,
            bare=f"{quote(name)} {type_.sql}",
            cast=type_.cast,
            default=default,
            is_plain=not (is_generated or identity)
            and (text is None or isinstance(text, str)),
            is_generated=is_generated,
            not_null=not copy.nullable,
            enum=enum_of(copy.type),
            identity=identity,
            comment=copy.comment,
        )


def _in_table(table: QualifiedName, column: Column[Any]) -> Column[Any]:
    """Copy the column into a table, which SQLAlchemy needs to compile it."""
    copy = column._copy()  # noqa: SLF001  # as Alembic does
    Table(table.name, MetaData(), copy, schema=table.schema)
    return copy


def _compiled_default(column: Column[Any]) -> str:
    compiler: Any = DIALECT.ddl_compiler(DIALECT, cast("Any", None))
    try:
        return str(compiler.get_column_default_string(column) or "")
    except CompileError as error:
        raise UsageError(
            f'the server_default of "{column.name}" cannot be written',
            detail=f"SQLAlchemy reported: {error}.",
            hint="Write the SQL of the default as a string of sa.text().",
        ) from error


def _refuse_more(table: QualifiedName, column: Column[Any], options: Options) -> None:
    found = {
        "a primary key": column.primary_key,
        "a foreign key": bool(column.foreign_keys),
        "an index": bool(column.index),
        "a unique constraint": bool(column.unique),
    }
    for words, is_there in found.items():
        if is_there:
            raise UsageError(
                f'"{table.label}.{column.name}" cannot be added with {words}',
                detail="Such a statement would block the table, or rewrite it.",
                hint=calls_instead(table, column, words, options),
                column=str(column.name),
            )


def _refuse_not_null(table: QualifiedName, name: str) -> None:
    where = {"schema": table.schema}
    later = written_call("add_not_null_two_phase", [table.name, name], where)
    raise UsageError(
        f'"{table.label}.{name}" cannot be added as NOT NULL without a server_default',
        detail="Old code does not know the column, and could not insert any more.",
        hint=f"Add it with nullable=True; when all code writes it, {later}.",
        column=name,
    )


@dataclass(frozen=True)
class Cost:
    """The cost of adding a column.

    Attributes:
        rewrites: whether PostgreSQL would rewrite the table.
        spelled: the column's type as PostgreSQL writes it.
        problem: the server's error message, empty if there was none.
        lacking: rights that roles that insert rows would need.
    """

    rewrites: bool = False
    spelled: str = ""
    problem: str = ""
    lacking: tuple[Lacking, ...] = ()


def canonical_question(
    table: QualifiedName, added: AddedColumn, unless: str
) -> CanonicalColumn:
    """Return the question for the column's definition, asked if its name is taken."""
    making = Rewrites.of(table, added).making
    return CanonicalColumn(table, added.name, added.declared, making, unless)


@dataclass(frozen=True)
class Rewrites(Question[Cost]):
    """Would adding the column rewrite the table?"""

    table: QualifiedName
    column: str
    declared: str
    making: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: QualifiedName, added: AddedColumn) -> Rewrites:
        """Return the question for a column, whose type may have to be created."""
        enum = added.enum
        making: tuple[str, ...] = ()
        if enum is not None:
            making = enum_catalog.creating(name_of(enum), enum.enums, table)
        return cls(table, added.name, added.declared, making)


@lookup.answer.register
def _(question: Rewrites, database: Database) -> Cost:
    """Compare the file of an empty copy before and after adding the column."""
    file = f"SELECT pg_catalog.pg_relation_filenode({PROBE.regclass})"
    probe = f"ALTER TABLE {PROBE.sql}"
    try:
        with on_empty_copy(database, question.table, question.making):
            database.execute(f"{probe} DROP COLUMN IF EXISTS {quote(question.column)}")
            before = database.value(file)
            database.execute(f"{probe} ADD COLUMN {question.declared}")
            copy = lookup.answer(ColumnCopyQuestion(PROBE, question.column), database)
            rewrites = database.value(file) != before
            inserting = ("INSERT",)
            lacking = (
                writers.lacking(database, question.table, (PROBE,), inserting)
                if "DEFAULT" in question.declared
                else ()
            )
            return Cost(rewrites, copy.type if copy else "", lacking=lacking)
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return Cost(problem=driver_errors.diagnostics(error).message)
