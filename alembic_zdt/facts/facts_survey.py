"""Answer the questions of an operation from exported facts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from alembic_zdt.facts.exported import ExportedDatabase, ExportedTable, Facts
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.server_facts import (
    FIRST_WITH_NOT_NULL_CONSTRAINTS,
    CanonicalCheck,
    CanonicalColumn,
    CanonicalIndex,
    Column,
    ConstraintFacts,
    ConstraintQuestion,
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


class UnansweredError(LookupError):
    """The facts do not hold the answer to a question."""


def survey_facts(
    facts: Facts, database: ExportedDatabase, questions: Iterable[Question[Any]]
) -> Server | None:
    """Return the server with the answers, None if a question has no answer.

    Facts with hashed names answer no question, because the steps need the names.
    """
    if facts.salt is not None:
        return None
    known: dict[Question[Any], Any] = {}
    missing = set()
    try:
        for question in questions:
            if getattr(question, "table", None) in missing:
                continue
            found = _answer(question, database)
            if found is not None:
                known[question] = found
            elif isinstance(question, TableQuestion):
                missing.add(question.table)
    except UnansweredError:
        return None
    return Server(version=database.server_version, online=True, answers=known)


@singledispatch
def _answer(question: Question[Any], database: ExportedDatabase) -> Any:  # noqa: ARG001  # the registered functions have it
    """Return the answer, None if there is no such object."""
    raise UnansweredError(question)


@_answer.register
def _(question: TableQuestion, database: ExportedDatabase) -> TableFacts | None:
    table = database.table(question.table)
    if table is None:
        return None
    columns = {
        each.name: Column(each.name, each.type, each.not_null) for each in table.columns
    }
    parts = tuple(_partitions(database, table, question.table))
    return TableFacts(table.kind, columns, parts, table.is_partition, table.schema)


def _partitions(
    database: ExportedDatabase, root: ExportedTable, asked: QualifiedName
) -> Iterable[Partition]:
    for part in database.tree(root) if root.kind == "p" else ():
        if part is not root and part.parents and part.kind in {"r", "p"}:
            (above,) = part.parents
            parent = asked if above == root.key else above.qualified
            yield Partition(part.key.qualified, parent, part.kind == "r")


@_answer.register
def _(question: IndexQuestion, database: ExportedDatabase) -> IndexFacts | None:
    found = database.index(question.index)
    if found is None:
        return None
    table, index = found
    name = table.key.qualified
    return IndexFacts(name, index.constraint or "", table.kind == "p")


@_answer.register
def _(
    question: ConstraintQuestion, database: ExportedDatabase
) -> ConstraintFacts | None:
    table = database.table(question.table)
    for each in table.constraints if table else ():
        if each.name == question.constraint:
            referent = each.referent.qualified if each.referent else None
            other = database.table(referent) if referent else None
            is_partitioned = other is not None and other.kind == "p"
            return ConstraintFacts(each.type, referent, is_partitioned)
    return None


@_answer.register
def _(question: CanonicalIndex, database: ExportedDatabase) -> None:
    """Answer only that there is no such index: the facts hold no definitions."""
    table = database.table(question.table)
    schema = table.schema if table else question.table.schema
    if database.index(QualifiedName(question.index, schema)):
        raise UnansweredError(question)


@_answer.register
def _(question: CanonicalCheck, database: ExportedDatabase) -> None:
    """Answer only that there is no such constraint: the facts hold no definitions."""
    table = database.table(question.table)
    if any(
        each.name == question.constraint
        for each in (table.constraints if table else ())
    ):
        raise UnansweredError(question)


@_answer.register
def _(question: CanonicalColumn, database: ExportedDatabase) -> None:
    """Answer only that there is no such column: the facts hold no definitions."""
    table = database.table(question.table)
    if table is not None and table.column(question.column):
        raise UnansweredError(question)


@_answer.register
def _(question: ReindexLeftovers, database: ExportedDatabase) -> tuple[()]:
    if all(index.valid for table in database.tables for index in table.indexes):
        return ()
    raise UnansweredError(question)


@_answer.register
def _(question: NotNullConstraint, database: ExportedDatabase) -> str | None:
    if database.server_version < FIRST_WITH_NOT_NULL_CONSTRAINTS:
        return None
    table = database.table(question.table)
    for each in table.constraints if table else ():
        if each.type == "n" and each.columns == (question.column,):
            return each.name
    return None


@_answer.register
def _(question: FreeConstraintName, database: ExportedDatabase) -> str | None:
    table = database.table(question.table)
    taken = {each.name for each in table.constraints} if table else set()
    return next((name for name in question.names if name not in taken), None)


@_answer.register
def _(question: Proof, database: ExportedDatabase) -> bool:
    table = database.table(question.table)
    names = [each.name for each in table.columns] if table else []
    if table is None or not {*question.columns} <= {*names}:
        return False
    known = [table.column(each) for each in question.columns]
    column = known[0] if len(known) == 1 else None
    if (
        column is None
        or column.not_null
        or question.condition != f"{quote(column.name)} IS NULL"
    ):
        raise UnansweredError(question)
    return column.no_null
