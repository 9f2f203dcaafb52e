"""Convert the recorded calls of a revision to operations of a plan."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations, ops

from alembic_zdt.errors import OfflineUnsupportedError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import (
    BatchedOperations,
    StockLocks,
    made_and_gone,
    stock_locks,
)
from alembic_zdt.recording.call import AUTOCOMMIT, RecordedRevision, Sent
from alembic_zdt.recording.planned_steps import PlannedOperation, PlannedStep
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.script.render import NEVER_DONE, offline_server
from alembic_zdt.runner.servers import check_dialect
from alembic_zdt.steps import SkipCondition, Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_WORDS = re.compile("[A-Z][a-z]*")
_SCRIPT_TRANSACTION = {"BEGIN;", "COMMIT;"}
_IN_A_TRANSACTION = (
    "fails: CONCURRENTLY cannot run in a transaction; "
    "write it in op.get_context().autocommit_block()"
)


def operations_of(
    recorded: RecordedRevision, context: MigrationContext
) -> list[PlannedOperation]:
    """Return the operations of a revision, with the tables that earlier ones create.

    Args:
        recorded: the revision.
        context: the migration context in which it ran.

    Raises:
        ZdtError: a directive refuses its arguments or settings.
    """
    found: list[PlannedOperation] = []
    new: frozenset[QualifiedName] = frozenset()
    for operation, sent in _written(recorded):
        if isinstance(operation, ZdtOperation):
            found.append(_directive(operation, context, new))
            continue
        found.append(_stock(operation, sent, new))
        made, gone = made_and_gone(operation)
        if isinstance(operation, ops.RenameTableOp):
            made = made if new.intersection(gone) else ()
        new = (new - frozenset(gone)) | frozenset(made)
    return found


def _written(recorded: RecordedRevision) -> Iterator[tuple[Any, list[Sent]]]:
    """Yield each operation with its statements in one transaction, in their order."""
    written = filter(_is_written, recorded.sent)
    for _, group in itertools.groupby(written, _of_one_operation):
        sent = list(group)
        yield sent[0].call.operation, sent


def _is_written(sent: Sent) -> bool:
    operation = sent.call.operation
    if operation is None:
        return sent.text not in _SCRIPT_TRANSACTION
    return bool(sent.text) or isinstance(operation, ZdtOperation)


def _of_one_operation(sent: Sent) -> tuple[int, bool]:
    return id(sent.call.operation), sent.transaction == AUTOCOMMIT


def _directive(
    operation: ZdtOperation, context: MigrationContext, new: frozenset[QualifiedName]
) -> PlannedOperation:
    check_dialect(context.dialect.name, operation.purpose)
    planned = PlannedOperation(operation.call, [], operation, new_tables=new)
    try:
        steps = operation.steps(offline_server(settings_of(context)))
        planned.steps = [PlannedStep(step, new_tables=new) for step in steps]
    except OfflineUnsupportedError as error:
        planned.note = f"its steps depend on the database: {error.detail}"
    return planned


def _stock(
    operation: Any, sent: list[Sent], new: frozenset[QualifiedName]
) -> PlannedOperation:
    known = stock_locks(operation)
    locks = known or StockLocks()
    alone = sent[0].transaction == AUTOCOMMIT
    step = Step(
        purpose=_purpose(operation),
        statements=tuple(each.text.rstrip(";") for each in sent),
        locks=locks.locks,
        skip_if=SkipCondition(NEVER_DONE, "never"),
        transaction=Transaction.AUTOCOMMIT if alone else Transaction.REVISION,
        scans=locks.scans,
    )
    note = locks.caution if alone else _refused(operation) or locks.caution
    planned = PlannedStep(step, known=known is not None, note=note, new_tables=new)
    return PlannedOperation(_name(operation), [planned], new_tables=new)


def _refused(operation: Any) -> str:
    """Return why an operation fails in a transaction, empty if it does not."""
    kw = getattr(operation, "kw", None) or {}
    return _IN_A_TRANSACTION if kw.get("postgresql_concurrently") else ""


def _purpose(operation: Any) -> str:
    if operation is None:
        return "run outside of Alembic's operations"
    if isinstance(operation, BatchedOperations):
        return f"run {', '.join(_name(one) for one in operation.operations)}"
    return "run as Alembic writes it"


def _name(operation: Any) -> str:
    """Return the operation's name in a revision, or its class if ``op`` has none."""
    if operation is None:
        return "op.get_bind()"
    if isinstance(operation, BatchedOperations):
        return f"op.batch_alter_table({operation.table_name!r})"
    if isinstance(operation, ops.ExecuteSQLOp):
        return "op.execute()"
    words = _WORDS.findall(type(operation).__name__.removesuffix("Op"))
    name = "_".join(words).lower()
    return f"op.{name}()" if hasattr(Operations, name) else type(operation).__name__
