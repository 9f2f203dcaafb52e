"""Comparison of a plan with the database: facts of its tables, and completed steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill import triggers
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import ZdtError
from alembic_zdt.estimates import step_history
from alembic_zdt.estimates.estimate import Estimate, estimate
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.estimates.work_size import size_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.recording.planned_steps import Plan, PlannedOperation, PlannedStep
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.measuring import table_of
from alembic_zdt.runner.servers import check_version
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Step

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def compare(plan: Plan, context: MigrationContext, place: int = 0) -> None:
    """Compute the steps of one database again with the server's facts.

    Args:
        plan: the plan of all databases.
        context: the context of one of them.
        place: the number of that database, from 0.
    """
    revisions = [each for each in plan.revisions if each.place == place]
    operations = [one for revision in revisions for one in revision.operations]
    if any(one.recipe for one in operations):
        settings = settings_of(context)
        with autocommit(context) as connection:
            database = Database(connection)
            history = step_history.stored(database, table_of(settings, context))
            _compare(operations, database, Known(settings, history))
    plan.asked = True


@dataclass(frozen=True)
class Known:
    """What is read once for all steps.

    Attributes:
        settings: of the project.
        history: steps that were measured on the server.
    """

    settings: Settings
    history: Sequence[MeasuredStep]


def _compare(
    operations: list[PlannedOperation], database: Database, known: Known
) -> None:
    changed: set[QualifiedName] = set()
    for operation in operations:
        if operation.recipe is not None:
            _ask(operation, database, changed, known)
        for planned in operation.steps:
            if planned.done is not True:
                changed.update(lock.name for lock in planned.step.locks)


def _ask(
    operation: PlannedOperation,
    database: Database,
    changed: set[QualifiedName],
    known: Known,
) -> None:
    try:
        operation.steps = list(_asked(operation, database, changed, known))
    except ZdtError as error:
        # An earlier step of the plan may resolve it, for example create the table.
        operation.note = f"not compared with the database: {error.primary}"
    except DBAPIError as error:
        words = " ".join(str(error.orig).split())
        operation.note = f"not compared with the database: {words}"
    else:
        operation.note = ""


def _asked(
    operation: PlannedOperation,
    database: Database,
    changed: set[QualifiedName],
    known: Known,
) -> Iterator[PlannedStep]:
    recipe = operation.recipe
    if recipe is None:
        return
    server = survey(database, recipe.questions())
    check_version(server, recipe)
    recipe.preconditions(server)  # refuses missing objects
    is_sure = True
    for step in recipe.steps(server):
        done: bool | None = database.holds(step.skip_if.done)
        if done and not (is_sure and changed.isdisjoint(x.name for x in step.locks)):
            # It holds now, but a step that runs before this one may change that.
            done = None
        is_sure = is_sure and done is True
        words = step.note or _triggers(step, database, known.settings)
        yield PlannedStep(
            step,
            done=done,
            note=words,
            new_tables=operation.new_tables,
            estimate=None if done else _estimate(step, database, known),
        )


def _estimate(step: Step, database: Database, known: Known) -> Estimate | None:
    if step.work is None or (size := size_of(database, step.work)) is None:
        return None
    return estimate(step.work, size, known.history)


def _triggers(step: Step, database: Database, settings: Settings) -> str:
    """Return a note on the triggers that a backfill fires."""
    if not isinstance(step.batches, Backfilling):
        return ""
    definition = triggers.resolved(step.batches.definition, settings)
    return triggers.note(triggers.fired(database, definition), definition)
