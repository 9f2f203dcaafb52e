"""The parts of a plan: revisions, their calls, and the steps of each call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from alembic_zdt.estimates.estimate import Estimate
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import Phase
from alembic_zdt.runner.script.render import NEVER_DONE
from alembic_zdt.steps import RelationLock, Step


@dataclass(frozen=True)
class PlannedStep:
    """One step of the plan.

    Attributes:
        step: the step, with its statements and locks.
        known: whether its locks are known.
        done: True if it will be skipped, False if it will run.  None if the database
            was not asked, or decides when the step is reached.
        note: facts that only the server knows, or the later cost for the application.
        new_tables: the tables that the same revision creates before this step, which no
            other session uses yet.
        estimate: how long it takes, None if its work does not grow with the table, or
            if the server was not asked.
    """

    step: Step
    known: bool = True
    done: bool | None = None
    note: str = ""
    new_tables: frozenset[QualifiedName] = frozenset()
    estimate: Estimate | None = None

    def is_new(self, lock: RelationLock) -> bool:
        """Check whether the same revision creates the relation."""
        return lock.name in self.new_tables

    @property
    def stalling(self) -> tuple[RelationLock, ...]:
        """Return the locks that block reads or writes of the application."""
        return tuple(
            lock
            for lock in self.step.locks
            if lock.mode.stalls_application and not self.is_new(lock)
        )

    @property
    def blocks(self) -> str:
        """Return the effect of the step's locks on the application."""
        locks = [lock for lock in self.step.locks if not self.is_new(lock)]
        order = ("reads and writes", "writes", "other schema changes", "nothing")
        return min(
            (lock.mode.blocks for lock in locks), key=order.index, default="nothing"
        )

    @property
    def scans(self) -> tuple[str, ...]:
        """Return the relations that the step reads completely, without new ones."""
        new = {table.sql for table in self.new_tables}
        return tuple(name for name in self.step.scans if name not in new)

    @property
    def skipped_when(self) -> str:
        """Return when it is skipped, empty for a step that always runs."""
        skip_if = self.step.skip_if
        return "" if skip_if.done == NEVER_DONE else skip_if.description


@dataclass
class PlannedOperation:
    """One call in a revision, and its steps.

    Attributes:
        call: the call as it is written, or the source of the statements.
        steps: the steps, in order.
        recipe: the operation, if it is a directive.
        note: a reason why its steps may differ when it runs.
        new_tables: the tables that the same revision creates before it.
    """

    call: str
    steps: list[PlannedStep]
    recipe: ZdtOperation | None = None
    note: str = ""
    new_tables: frozenset[QualifiedName] = frozenset()


@dataclass
class PlannedRevision:
    """One revision, and its calls in order.

    Attributes:
        revision: its id.
        down_revision: the previous revision, ``base`` for the first.
        message: the first line of its docstring.
        operations: the operations, in order.
        database: env.py's name for the database, empty if there is only one.
        place: the number of the database, from 0.
        phase: the phase of the revision.
    """

    revision: str
    down_revision: str
    message: str
    operations: list[PlannedOperation] = field(default_factory=list)
    database: str = ""
    place: int = 0
    phase: Phase = Phase.EXPAND

    @property
    def steps(self) -> Iterator[PlannedStep]:
        """Yield the steps of all operations in order."""
        for operation in self.operations:
            yield from operation.steps


@dataclass
class Plan:
    """The revisions and steps that would run.

    Attributes:
        revisions: the revisions, in the order in which they run.
        downgrade: whether the revisions are downgraded.
        asked: whether the database was asked.
        reason: why the database could not be asked, empty otherwise.
        facts: when the facts that the plan used were exported, empty without facts.
    """

    revisions: list[PlannedRevision]
    downgrade: bool = False
    asked: bool = False
    reason: str = ""
    facts: str = ""
