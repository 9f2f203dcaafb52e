"""A written call as an operation, and what it would run, without a server."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation

from alembic_zdt import registration
from alembic_zdt.alembic_compat import interception
from alembic_zdt.catalog.column_copy import ColumnCopy, ColumnCopyQuestion
from alembic_zdt.catalog.dependents.column_indexes import DependentIndex
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import StockLocks, stock_locks
from alembic_zdt.server_facts import (
    Column,
    ConstraintFacts,
    ConstraintQuestion,
    IndexFacts,
    IndexQuestion,
    Partition,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import Diagnostics, Step
from alembic_zdt.twin.renamed import OnTable, RenamedQuestion
from tools.binaries import RELEASES

VERSIONS = tuple(RELEASES)


@dataclass(frozen=True)
class Stock:
    """What one of Alembic's own calls runs; its locks, where they are known."""

    sql: str
    locks: StockLocks | None


class Noting:
    """An interceptor that passes every operation to a function.

    Args:
        operation: is given what runs the operation, and the operation.
    """

    def __init__(self, operation: Callable[[Callable[[], Any], Any], Any]) -> None:
        self.operation = operation

    def batched(self, go_on: Callable[[], Any], operation: Any, _batch: Any) -> Any:
        """Pass an operation of a batch, too."""
        return self.operation(go_on, operation)

    def batch(
        self, go_on: Callable[[], None], _name: str, _recreates: bool, _batch: Any
    ) -> None:
        """Let Alembic run a batch."""
        go_on()


def operation_of(call: str) -> ZdtOperation:
    """Return the operation of one of our directives, written as ``op.name(...)``."""
    (operation, _sql), *_ = recorded_calls(call, lambda _go_on: None)
    if not isinstance(operation, ZdtOperation):
        raise TypeError(call)
    return operation


def stock_of(call: str) -> Stock:
    """Return the operations of Alembic's own call, written as ``op.name(...)``."""
    found = recorded_calls(call, lambda go_on: go_on())
    operation, _sql = found[0]
    return Stock(" ".join(sql for _, sql in found), stock_locks(operation))


def recorded_calls(
    call: str, meanwhile: Callable[[Callable[[], Any]], Any] | None = None
) -> list[tuple[MigrateOperation, str]]:
    """Return the operations of a body, with the SQL of Alembic's own.

    Args:
        call: the body of an upgrade().
        meanwhile: is given what runs each operation; None runs only Alembic's own.
    """
    registration.register()
    output = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": output}
    )
    found: list[tuple[MigrateOperation, str]] = []

    def note(go_on: Callable[[], Any], operation: Any) -> None:
        begin = output.tell()
        if meanwhile is not None:
            meanwhile(go_on)
        elif not isinstance(operation, ZdtOperation):
            go_on()
        found.append((operation, " ".join(output.getvalue()[begin:].split())))

    names = {"op": Operations(context), "sa": sa}
    with interception.intercepted(context, Noting(note)):
        exec(call, names)  # noqa: S102  # an example of our own
    return found


def steps_of(operation: ZdtOperation, major: int) -> Sequence[Step]:
    """Return the steps on ordinary tables of PostgreSQL *major*."""
    return operation.steps(_server(operation, major))


def _server(operation: ZdtOperation, major: int) -> Server:
    """Return a server that knows the objects of an example."""
    answers: dict[Question[Any], Any] = {}
    for question in operation.questions():
        match question:
            case ConstraintQuestion(constraint=name) if name.startswith("fk_"):
                answers[question] = ConstraintFacts("f", QualifiedName("users"))
            case ColumnCopyQuestion():
                answers[question] = ColumnCopy(
                    "text", "text", "text", is_deterministic=True
                )
            case RenamedQuestion(table=table, column=column, twin=twin):
                index = DependentIndex(
                    f"ix_{table.name}_{column}", f"USING btree ({twin})"
                )
                answers[question] = (OnTable(table, (index,)),)
            case IndexQuestion():
                answers[question] = IndexFacts(QualifiedName("orders"))
    return Server(version=major * 10000, online=True, answers=answers)


def steps_on_partitioned(
    operation: ZdtOperation, major: int
) -> Sequence[Step] | ZdtError:
    """Return the steps on a table with one partition, or why there are none.

    Empty when the operation asks for no table and no index.
    """
    plain = _server(operation, major)
    answers = dict(plain.answers)
    tables = [q for q in operation.questions() if isinstance(q, TableQuestion)]
    for table in tables[:1]:  # the second one is the other end of a foreign key
        answers[table] = _partitioned(table.table)
    for index in [q for q in answers if isinstance(q, IndexQuestion)]:
        answers[index] = dataclasses.replace(answers[index], is_partitioned=True)
    if answers == plain.answers:
        return ()
    server = dataclasses.replace(plain, answers=answers)
    try:
        operation.preconditions(dataclasses.replace(server, online=False))
    except ZdtError as error:
        return error
    return operation.steps(server)


def _partitioned(table: QualifiedName) -> TableFacts:
    part = dataclasses.replace(table, name=f"{table.name}_2026")
    columns = {"id": Column("id", "bigint", not_null=True)}
    return TableFacts("p", columns, (Partition(part, table, is_leaf=True),))


def repairs_of(step: Step, major: int) -> list[str]:
    """Return what is undone when the step fails, and what only for bad rows."""
    if step.on_failure is None:
        return []
    server = Server(version=major * 10000)
    always = [r.purpose for r in step.on_failure(server, Diagnostics("", ""))]
    for_rows = [
        f"{repair.purpose}, when rows contradict it"
        for state in step.explain
        for repair in step.on_failure(server, Diagnostics(state, ""))
        if repair.purpose not in always
    ]
    return [*always, *for_rows]
