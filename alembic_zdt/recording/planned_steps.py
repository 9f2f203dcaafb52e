"""What a plan is made of: revisions, their calls, the steps of each call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import Phase
from alembic_zdt.runner.script.render import NEVER_DONE
from alembic_zdt.steps import RelationLock, Step


@dataclass(frozen=True)
class PlannedStep:
    """One step of the plan.

    Attributes:
        step: what runs and what it locks.
        known: whether its locks are known.
        done: True when it will be skipped, False when it will run, None when that is
            decided only when it is reached, or nobody was asked.
        note: what could not be known without the server, or what it costs afterwards.
        new_tables: the tables that the same revision makes before this step; nobody
            else uses them yet.
    """

    step: Step
    known: bool = True
    done: bool | None = None
    note: str = ""
    new_tables: frozenset[QualifiedName] = frozenset()

    def is_new(self, lock: RelationLock) -> bool:
        """Whether the relation is made by the same revision."""
        return lock.name in self.new_tables

    @property
    def stalling(self) -> tuple[RelationLock, ...]:
        """The locks that make reads or writes of the application wait."""
        return tuple(
            lock
            for lock in self.step.locks
            if lock.mode.stalls_application and not self.is_new(lock)
        )

    @property
    def blocks(self) -> str:
        """What the application cannot do meanwhile, in plain words."""
        locks = [lock for lock in self.step.locks if not self.is_new(lock)]
        order = ("reads and writes", "writes", "other schema changes", "nothing")
        return min(
            (lock.mode.blocks for lock in locks), key=order.index, default="nothing"
        )

    @property
    def scans(self) -> tuple[str, ...]:
        """The relations with other people's rows that are read from end to end."""
        new = {table.sql for table in self.new_tables}
        return tuple(name for name in self.step.scans if name not in new)

    @property
    def skipped_when(self) -> str:
        """Describe when it is skipped, empty for a step that always runs."""
        skip_if = self.step.skip_if
        return "" if skip_if.done == NEVER_DONE else skip_if.words


@dataclass
class PlannedOperation:
    """One call in a revision, and its steps.

    Attributes:
        call: the call as it is written, or what wrote the statements.
        steps: in order.
        recipe: the operation, if it is one of ours.
        note: why its steps may be others when it runs.
        new_tables: the tables that the same revision made before it.
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
        down_revision: what it stands on, ``base`` for the first.
        message: the first line of its docstring.
        operations: in order.
        database: what env.py calls the database, empty where there is only one.
        place: of the database among several, from 0.
        phase: of the upgrade.
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
        """All its steps in order."""
        for operation in self.operations:
            yield from operation.steps


@dataclass
class Plan:
    """All that would run.

    Attributes:
        revisions: in the order in which they run.
        downgrade: whether they are taken back.
        asked: whether the database was asked.
        reason: why it was not, if it was meant to be.
    """

    revisions: list[PlannedRevision]
    downgrade: bool = False
    asked: bool = False
    reason: str = ""
