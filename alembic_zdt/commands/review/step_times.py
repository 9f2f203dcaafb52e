"""How long a step runs, and how long its locks block the application.

A time is None if it is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alembic_zdt.estimates.estimate_text import duration_text
from alembic_zdt.recording.planned_steps import (
    PlannedOperation,
    PlannedRevision,
    PlannedStep,
)

NO_TIME = 0.0


@dataclass(frozen=True)
class StepTimes:
    """The times of one step.

    Attributes:
        revision: the id of the revision.
        planned: the step.
        running: the likely time of the step in seconds, 0 if it does not grow with a
            table.
        blocking: how long it blocks reads or writes of existing tables in seconds, 0 if
            it does not.
    """

    revision: str
    planned: PlannedStep
    running: float | None
    blocking: float | None

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the relations that it blocks or reads, in order."""
        names = (
            *(lock.relation for lock in self.planned.stalling),
            *self.planned.scans,
        )
        return tuple(dict.fromkeys(names))


def times_of(revision: PlannedRevision, bound: float) -> Iterator[StepTimes]:
    """Yield the times of each step of a revision that will run.

    Args:
        revision: the revision.
        bound: the setting ``lock_timeout`` in seconds, which limits how long a
            directive keeps the application waiting for a lock.
    """
    for operation in revision.operations:
        for planned in operation.steps:
            if planned.done is not True:
                yield times_of_step(revision.revision, operation, planned, bound)


def times_of_step(
    revision: str, operation: PlannedOperation, planned: PlannedStep, bound: float
) -> StepTimes:
    """Return the times of one step of an operation."""
    running = _running(operation, planned)
    blocking = _blocking(operation, planned, running, bound)
    return StepTimes(revision, planned, running, blocking)


def span(seconds: float) -> str:
    """Return a time in one unit, even below a second: ``200 ms``, ``7 min``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else duration_text(seconds)


def _running(operation: PlannedOperation, planned: PlannedStep) -> float | None:
    if planned.estimate is not None:
        return planned.estimate.likely
    is_long = planned.step.work is not None or bool(planned.scans)
    may_be_long = operation.recipe is None and bool(planned.note)
    is_sure = planned.known and not is_long and not may_be_long
    return NO_TIME if is_sure or _is_of_new_tables(operation, planned) else None


def _is_of_new_tables(operation: PlannedOperation, planned: PlannedStep) -> bool:
    """Check whether it only uses tables that the same revision creates."""
    locks = planned.step.locks
    return bool(operation.new_tables and locks) and all(map(planned.is_new, locks))


def _blocking(
    operation: PlannedOperation,
    planned: PlannedStep,
    running: float | None,
    bound: float,
) -> float | None:
    if not planned.known:
        return None
    if not planned.stalling:
        return NO_TIME
    if operation.recipe is None or running is None:
        return None  # Alembic sets no limit, and keeps the lock until its commit
    return running + bound
