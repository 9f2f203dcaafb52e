"""The step that queues a call instead of running its steps."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from alembic_zdt.alembic_compat import runs
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.queueing.later import Later
from alembic_zdt.queueing.queue_table import (
    QUEUED,
    NewRow,
    queue_of,
    queueing,
    table_of,
)
from alembic_zdt.queueing.withdrawing import end_worker
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.script.text import raise_if
from alembic_zdt.runner.subject_lock import subject_of
from alembic_zdt.settings import Settings
from alembic_zdt.steps import SkipCondition, Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


@dataclass(frozen=True)
class Origin:
    """The revision that queues a call.

    Attributes:
        revision: its id.
        is_downgrade: whether its downgrade queues the call.
    """

    revision: str | None = None
    is_downgrade: bool = False


def origin_of(context: MigrationContext | None) -> Origin:
    """Return the revision that is being run, without an id outside of revisions."""
    step = None if context is None else runs.running_step(context)
    if step is None:
        return Origin()
    return Origin(str(step.revision.revision), not step.is_upgrade)


class Queueable(Recipe, Protocol):
    """An operation that can be queued."""

    @property
    def origin(self) -> Origin | None:
        """Return the revision whose script queues the call, None in a run."""

    @property
    def later(self) -> Later | None:
        """Return how the call is run later, None if the revision itself runs it."""

    @property
    def queue_name(self) -> str:
        """Return the name of the call in the queue."""

    @property
    def queue_object(self) -> str:
        """Return the object that the call makes, changes or drops."""

    @property
    def inline_call(self) -> str:
        """Return the call without the options of the queue."""

    def inline(self) -> Any:
        """Return the operation that runs its steps."""


@dataclass(frozen=True)
class Queueing:
    """A call that is put into the queue.

    Attributes:
        operation: the operation of the call.
    """

    operation: Queueable

    def run(
        self,
        database: Database,
        settings: Settings,
        context: MigrationContext | None,
    ) -> None:
        """Put the call into the queue."""
        queue, row = queue_of(database, settings, context), self._row(context)
        if queue.exists:
            known = queue.find(row.name)
            if known is not None and known.call != row.call:
                end_worker(queue, known, settings)
        queue.add(row)
        now = queue.find(row.name)
        status = QUEUED if now is None else now.status
        log.info("%s: %s (alembic-zdt work)", status, row.name)

    def has_begun(
        self, database: Database, settings: Settings, context: MigrationContext | None
    ) -> bool:
        """Return false: queueing is a single statement."""
        _ = database, settings, context
        return False

    def script(self, settings: Settings, done: str = "") -> str:
        """Return the statements for a ``--sql`` script, outside of any transaction."""
        _ = done
        table, row = table_of(settings), self._row(None)
        statements = (f"{each};" for each in queueing(table, row))
        return "\n".join((*statements, _refusal(table.name.sql, row)))

    def _row(self, context: MigrationContext | None) -> NewRow:
        operation = self.operation
        origin = operation.origin or origin_of(context)
        return NewRow(
            name=operation.queue_name,
            revision=origin.revision,
            is_downgrade=origin.is_downgrade,
            call=operation.inline_call,
            subject=subject_of(operation.inline()),
            object=operation.queue_object,
            later=operation.later or Later(),
        )


def _refusal(table: str, row: NewRow) -> str:
    """Return the block that ends a script if a worker runs another call of the name."""
    return raise_if(
        f"EXISTS (SELECT FROM {table} q WHERE q.name = {literal(row.name)}"
        f" AND q.call <> {literal(row.call)})",
        f'cannot queue "{row.name}": a worker runs another call of that name',
        "The queue has one call of each name.",
        f"Wait for the worker, or run: alembic-zdt queue cancel {row.name}. "
        "Then run the script again.",
    )


def queueing_step(operation: Queueable) -> Step:
    """Build the step that queues a call.

    Args:
        operation: the operation of the call.
    """
    return Step(
        purpose=f"queue: {operation.purpose}",
        statements=(f"-- alembic-zdt work runs {_one_line(operation.inline_call)}",),
        locks=(),
        skip_if=SkipCondition("false", "never: the queue has one row for each name"),
        transaction=Transaction.BATCHES,
        batches=Queueing(operation),
    )


def _one_line(call: str) -> str:
    return " ".join(call.split())
