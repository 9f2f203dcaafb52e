"""Pending revisions that a run of one phase cannot reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog import table_age
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import (
    Phase,
    is_empty,
    phase_of,
    removals_of,
    workflow_phase_of,
)

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class PendingPhases:
    """The phases of pending revisions in one database.

    A stock rename or drop is no contract if it cannot break running code: the table has
    no rows, or earlier pending revisions create it.  Connected sessions do not count,
    because a program may connect for each request.

    Args:
        context: the migration context of the database.
        rows_count: whether a table without rows counts as not in use.
    """

    def __init__(self, context: MigrationContext, *, rows_count: bool = True) -> None:
        self._context, self._rows_count = context, rows_count
        self._made: set[QualifiedName] = set()

    def phase(self, revision: Any) -> Phase:
        """Return the phase of a revision.

        Call it for the pending revisions in the order in which they run.

        Args:
            revision: Alembic's revision.
        """
        phase = phase_of(revision)
        own = workflow_phase_of(revision)
        found = removals_of(revision)
        is_new = not found.others and found.tables <= self._made
        self._made |= found.made
        if own is phase or (not is_new and self._is_in_use(found.tables, found.others)):
            return phase
        return own

    def _is_in_use(self, tables: set[QualifiedName], others: bool) -> bool:
        context = self._context
        if not self._rows_count or others:
            return True
        if context.as_sql or context.connection is None:
            return True
        if context.dialect.name != "postgresql":
            return True
        connection = context.connection
        was_begun = connection.in_transaction()
        try:
            with contexts.transaction_of_a_migration(context):
                found = table_age.in_use(Database(connection), tuple(tables), None)
                return bool(found)
        finally:  # env.py may begin its transaction only now
            if not was_begun and connection.in_transaction():
                connection.rollback()


class HeldBack:
    """The pending revisions of a later phase, and all revisions that depend on them.

    Pass the pending revisions in their order.

    Args:
        phases: the phases of the pending revisions.
        last: the latest phase to run.

    Attributes:
        phases: the phases of the revisions so far, by their ids.
        stopped_at: the revisions of a later phase.
        behind: each expand or migrate that depends on a contract, with that contract.
    """

    def __init__(self, phases: PendingPhases, last: Phase) -> None:
        self._pending, self._last = phases, last
        self.phases: dict[str, Phase] = {}
        self._left: dict[str, Any] = {}
        self.stopped_at: list[tuple[Any, Phase]] = []
        self.behind: list[tuple[Any, Any]] = []

    def holds(self, step: Any) -> bool:
        """Check whether a step is held back.

        Args:
            step: Alembic's step, the next one.
        """
        revision: Any = getattr(step, "revision", None)
        if revision is None:
            return False
        below = [self._left[n] for n in contexts.below(revision) if n in self._left]
        # A contract before the revision changes the tables: do not ask the database.
        phase = phase_of(revision) if below else self._pending.phase(revision)
        self.phases[revision.revision] = phase
        if self._last < phase:
            self.stopped_at.append((revision, phase))
        elif not below:
            return False
        contract = next(filter(None, below), None)
        if phase is Phase.CONTRACT:
            contract = contract or revision
        elif contract is not None and not is_empty(revision):
            self.behind.append((revision, contract))
        self._left[revision.revision] = contract
        return True
