"""Calls that undo what an interrupted upgrade leaves and no downgrade undoes.

Some directives build an index that only a later step gives its final place.  The index
of a partition is attached at the end, and the index of a constraint gets its constraint
at the end.  A replaced or rebuilt index has a temporary name until then.  A downgrade
undoes a finished directive, so it does not know these indexes.
https://www.postgresql.org/docs/current/sql-alterindex.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from alembic_zdt.catalog import index as catalog
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.constraints.constraint_from_index import ConstraintFromIndex
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.indexes.index_steps import canonical_question
from alembic_zdt.operations.indexes.partitioned_index import parts_left
from alembic_zdt.operations.indexes.reindex_concurrently import ReindexConcurrentlyOp
from alembic_zdt.operations.indexes.replace_index import ReplaceIndexConcurrentlyOp
from alembic_zdt.server_facts import TableQuestion

Calls = Iterator[ZdtOperation]


@singledispatch
def calls_that_undo(
    operation: ZdtOperation,  # noqa: ARG001  # decides which function answers
    database: Database,  # noqa: ARG001
) -> Calls:
    """Yield calls that undo what a call leaves if it is interrupted.

    A module of a workflow registers a function for its own operation.

    Args:
        operation: the call, of an upgrade that has begun and not ended.
        database: the database, in which each object is looked up just before its call.
    """
    yield from ()


@calls_that_undo.register
def _of_partitions(operation: CreateIndexConcurrentlyOp, database: Database) -> Calls:
    server = survey(database, operation.questions())
    facts = server.answer(TableQuestion(operation.table))
    canonical = server.answer(canonical_question(operation.spec))
    if facts is None or canonical is None:
        return
    for table, index, is_left in parts_left(operation.spec, facts, canonical):
        if database.holds(is_left):
            yield _drop(index, table)


@calls_that_undo.register
def _of_constraint(operation: ConstraintFromIndex, database: Database) -> Calls:
    question = canonical_question(operation.spec)
    canonical = survey(database, operation.questions()).answer(question)
    yield from _drop_alone(operation.name, operation.table, canonical, database)


@calls_that_undo.register
def _of_replaced(operation: ReplaceIndexConcurrentlyOp, database: Database) -> Calls:
    if not database.holds(catalog.exists(operation.name, operation.table)):
        return  # the new index is the only one that is left
    question = canonical_question(operation.temporary)
    canonical = survey(database, operation.questions()).answer(question)
    name = str(operation.temporary.name)
    yield from _drop_alone(name, operation.table, canonical, database)


@calls_that_undo.register
def _of_rebuilt(operation: ReindexConcurrentlyOp, database: Database) -> Calls:
    for index in operation.leftovers(survey(database, operation.questions())):
        yield DropIndexConcurrentlyOp(index.name, schema=index.schema)


def _drop_alone(
    index: str, table: QualifiedName, canonical: str | None, database: Database
) -> Calls:
    """Yield the drop of an index of that definition that belongs to no constraint."""
    if canonical is not None and database.holds(
        catalog.exists(index, table, canonical, catalog.alone())
    ):
        yield _drop(index, table)


def _drop(index: str, table: QualifiedName) -> DropIndexConcurrentlyOp:
    return DropIndexConcurrentlyOp(index, table.name, schema=table.schema)
