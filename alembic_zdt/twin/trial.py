"""A trial of a column's new type, which is rolled back.

An empty temporary copy of the table gets the column's indexes, CHECK constraints and
default, then ``ALTER COLUMN ... TYPE``.  So the server writes their definitions for the
twin, and reports what is impossible.  The two expressions are tried as generated
columns, for which the server refuses expressions that are not immutable.
https://www.postgresql.org/docs/current/ddl-generated-columns.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import lookup, writers
from alembic_zdt.catalog.column_copy import ColumnCopy, ColumnCopyQuestion
from alembic_zdt.catalog.dependents import base as catalog
from alembic_zdt.catalog.dependents.base import Dependents
from alembic_zdt.catalog.dependents.foreign_keys import (
    CopiedKeys,
    DependentKey,
    standing_keys,
)
from alembic_zdt.catalog.value_kinds import ValueKind, kind_of_column
from alembic_zdt.catalog.writers import Lacking
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.server_facts import PROBE, Question
from alembic_zdt.steps import Diagnostics
from alembic_zdt.twin.default import Default
from alembic_zdt.twin.equality import is_known

_UP, _DOWN = "zdt_conversion_up", "zdt_conversion_down"


@dataclass(frozen=True)
class Trial:
    """The result of the trial.

    Attributes:
        dependents: objects that depend on the twin; on the original if the trial
            failed.
        original: the column in the catalog.
        twin: the twin as the catalog would hold it, None if the trial failed.
        problem: the server's error, None if there was none.
        tried: the object that was tried last, for messages.
        lacking: rights that writers of the table would need.
        kinds: the kinds of the values of the column and of the twin, None if the trial
            failed.
        bodies: the bodies of the functions that convert to the twin and to the
            original, as PostgreSQL writes them; empty where none is needed.
    """

    dependents: Dependents
    original: ColumnCopy
    twin: ColumnCopy | None = None
    problem: Diagnostics | None = None
    tried: str = ""
    lacking: tuple[Lacking, ...] = ()
    kinds: tuple[ValueKind, ValueKind] | None = None
    bodies: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrialQuestion(Question[Trial]):
    """Can the column, with its indexes and constraints, get the other type?

    Attributes:
        table: the table.
        column: the column.
        twin: the name of the column's twin.
        type: the twin's type.
        cast: the type of the twin, as it is written in a cast.
        using: the expression over the column that gives the twin's value, empty for a
            cast.
        reverse_using: the expression over the twin that gives the column's value.
        called: the twin's name in *reverse_using*.
        making: statements that create the type if it does not exist yet.
        is_known: whether this package wrote the expressions, so that they are known to
            be immutable.
    """

    table: QualifiedName
    column: str
    twin: str
    type: str
    cast: str = field(compare=False)
    using: str = field(compare=False)
    reverse_using: str = field(compare=False)
    called: str = field(compare=False)
    making: tuple[str, ...] = field(compare=False, default=())
    is_known: bool = field(compare=False, default=False)


@lookup.answer.register
def _(question: TrialQuestion, database: Database) -> Trial | None:
    table, column = question.table, question.column
    dependents = catalog.dependents(database, table, column)
    copy = lookup.answer(ColumnCopyQuestion(table, column), database)
    if dependents is None or copy is None:
        return None
    trial = Trial(dependents, copy, tried="the type")
    try:
        with undone(database):
            for statement in question.making:
                database.execute(statement)
            is_known = question.is_known or database.holds(_casts_enum(question, copy))
            conversion = _known_conversion if is_known else _conversion
            statements = (
                *conversion(question, copy),
                *_statements(question, dependents),
            )
            for tried, statement in statements:
                trial = replace(trial, tried=tried)
                database.execute(statement)
            trial = replace(trial, bodies=tuple(_bodies(question, copy, database)))
            trial = replace(
                trial, tried="its writers", lacking=_lacking(question, database)
            )
            trial = replace(trial, tried="its default")
            return _result(question, trial, database)
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return replace(trial, problem=driver_errors.diagnostics(error))


@lookup.answer.register
def _(question: CopiedKeys, database: Database) -> tuple[DependentKey, ...]:
    return standing_keys(database, question.table, question.column, copies=True)


def _statements(
    question: TrialQuestion, dependents: Dependents
) -> Iterator[tuple[str, str]]:
    """Yield each tried object for messages, with the statement that tries it."""
    column, twin = quote(question.column), quote(question.twin)
    probe = f"ALTER TABLE {PROBE.sql}"
    yield (
        "the table",
        f"CREATE TEMPORARY TABLE {PROBE.name} (LIKE {question.table.sql})",
    )
    yield "the twin", f"{probe} DROP COLUMN IF EXISTS {twin}"
    for number, index in enumerate(dependents.indexes):
        yield f'index "{index.name}"', index.create(_nth(number), PROBE.sql)
    for number, check in enumerate(dependents.checks):
        yield (
            f'constraint "{check.name}"',
            f"{probe} ADD CONSTRAINT {_nth(number)} {check.definition}",
        )
    for number, statistics in enumerate(dependents.statistics):
        created = statistics.create(f"pg_temp.{_nth(number)}", PROBE.sql)
        yield f'statistics "{statistics.name.name}"', created[0]
    for number, key in enumerate(dependents.keys):
        yield f'foreign key "{key.name}"', _compared(question, key, number)
    if dependents.generator and dependents.generator.identity:
        identity = f"ADD {dependents.generator.generated} AS IDENTITY"
        yield "its identity", f"{probe} ALTER COLUMN {column} {identity}"
    changing = f"{probe} ALTER COLUMN {column} TYPE {question.type}"
    yield "what depends on it", f"{changing} USING CAST(NULL AS {question.cast})"
    yield "the twin", f"{probe} RENAME COLUMN {column} TO {twin}"


def _compared(question: TrialQuestion, key: DependentKey, number: int) -> str:
    """Return the statement that compares the new type with the key's other column."""
    pairs = list(zip(key.columns, key.referent_columns, strict=True))
    outgoing = [(key.referent, b) for a, b in pairs if a == question.column]
    incoming = [(key.table, a) for a, b in pairs if b == question.column]
    table, column = (outgoing or incoming)[0]
    other = f"(SELECT {quote(column)} FROM ONLY {table.sql} LIMIT 0)"  # noqa: S608  # quoted
    # The view is parsed but not planned: the operator, and policies and indexes of the
    # other table, may call functions of another role, which planning runs.
    view = f"CREATE TEMPORARY VIEW zdt_key_{number:05} AS"
    return f"{view} SELECT CAST(NULL AS {question.cast}) = {other} AS is_same"


def _nth(number: int) -> str:
    return f"zdt_probe_{number:05}"


def _casts_enum(question: TrialQuestion, copy: ColumnCopy) -> str:
    """Return SQL that is true if a cast is between an enum and text, without *using*.

    PostgreSQL marks such casts as stable because an enum may get another value.  They
    depend on nothing else.
    """
    if question.using:
        return "false"
    one, other = copy.cast, question.cast
    return (
        f"({_is_in('E', one)} AND {_is_in('S', other)}"
        f" OR {_is_in('S', one)} AND {_is_in('E', other)})"
    )


def _is_in(category: str, type_: str) -> str:
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid ="
        f" pg_catalog.to_regtype({literal(type_)}) AND t.typcategory = '{category}')"
    )


def _known_conversion(
    question: TrialQuestion, copy: ColumnCopy
) -> Iterator[tuple[str, str]]:
    column = f"CAST(NULL AS {copy.cast}) AS {quote(question.column)}"
    using = question.using or quote(question.column)
    up = f"CAST({using} AS {question.cast})"
    # A driver caches the statement, and the type may have changed by the next call.
    yield "the type", f"SELECT ({up}) IS NULL FROM (SELECT {column}) row"  # noqa: S608


def _conversion(question: TrialQuestion, copy: ColumnCopy) -> Iterator[tuple[str, str]]:
    """Yield statements that try each direction on a table with its source column."""
    column, twin, type_ = quote(question.column), quote(question.called), question.type
    up = f"CAST({question.using or column} AS {question.cast})"
    down = f"CAST({question.reverse_using or twin} AS {copy.cast})"
    alone = f"SELECT {column} FROM ONLY {question.table.sql} WITH NO DATA"  # noqa: S608  # quoted
    generated = "GENERATED ALWAYS AS"
    yield "the column", f"CREATE TEMPORARY TABLE {_UP} AS {alone}"
    adding = f"ALTER TABLE pg_temp.{_UP} ADD COLUMN zdt_up {type_}"
    yield "using", f"{adding} {generated} ({up}) STORED"
    yield "the type", f"CREATE TEMPORARY TABLE {_DOWN} ({twin} {type_})"
    adding = f"ALTER TABLE pg_temp.{_DOWN} ADD COLUMN zdt_down {copy.cast}"
    yield "reverse_using", f"{adding} {generated} ({down}) STORED"


def _bodies(
    question: TrialQuestion, copy: ColumnCopy, database: Database
) -> Iterator[str]:
    """Yield both conversions as PostgreSQL writes them, if functions hold them."""
    column, twin = quote(question.column), quote(question.called)
    if not question.using and is_known(copy.cast) and is_known(question.cast):
        return
    for name, argument, value, type_ in (
        (_UP, f"{column} {copy.cast}", question.using or column, question.cast),
        (_DOWN, f"{twin} {question.cast}", question.reverse_using or twin, copy.cast),
    ):
        database.execute(
            f"CREATE FUNCTION pg_temp.{name}({argument}) RETURNS {type_} LANGUAGE sql"
            f" RETURN CAST({value} AS {type_})"
        )
        # A constant of type regproc would keep its old oid in a prepared statement.
        function = f"pg_catalog.to_regproc('pg_temp.{name}')"
        yield str(
            database.value(f"SELECT pg_catalog.pg_get_function_sqlbody({function})")
        )


def _lacking(question: TrialQuestion, database: Database) -> tuple[Lacking, ...]:
    """Return the rights that each role that writes a row needs for the expressions."""
    probes = (QualifiedName(name, "pg_temp") for name in (_UP, _DOWN))
    return writers.lacking(database, question.table, tuple(probes))


def _result(question: TrialQuestion, trial: Trial, database: Database) -> Trial:
    found = catalog.dependents(database, PROBE, question.twin)
    copy = lookup.answer(ColumnCopyQuestion(PROBE, question.twin), database)
    if found is None:
        raise LookupError(question.twin)
    dependents = replace(
        trial.dependents,
        default=_default(question, trial, database),
        indexes=tuple(
            replace(old, definition=new.definition, predicate=new.predicate)
            for old, new in zip(trial.dependents.indexes, found.indexes, strict=True)
        ),
        checks=tuple(
            replace(old, definition=new.definition)
            for old, new in zip(trial.dependents.checks, found.checks, strict=True)
        ),
        statistics=tuple(
            replace(old, definition=new.definition)
            for old, new in zip(
                trial.dependents.statistics, found.statistics, strict=True
            )
        ),
    )
    old = kind_of_column(database, question.table, question.column)
    new = kind_of_column(database, PROBE, question.twin)
    kinds = (old, new) if old and new else None
    return replace(trial, dependents=dependents, twin=copy, kinds=kinds)


def _default(question: TrialQuestion, trial: Trial, database: Database) -> str:
    written, column = trial.dependents.default, quote(question.column)
    if not written:
        return ""
    default = Default(database, written, column, trial.original.cast, question.cast)
    return default.converted(question.using)
