"""Comparison of a plan with the database: facts of its tables, and completed steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill import triggers
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError, ZdtError
from alembic_zdt.estimates.estimate import Estimate, estimate
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.half_done import half_done
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.nothing_to_drop import DropOperation, nothing_to_drop
from alembic_zdt.recording.planned_steps import Plan, PlannedOperation, PlannedStep
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.measuring import bounded_size, known_steps
from alembic_zdt.runner.servers import check_version
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.server_facts import Server
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Precondition, Step

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
        begun = {call for each in half_done(context) for call in each.calls}
        with autocommit(context) as connection:
            database, settings = Database(connection), settings_of(context)
            history = known_steps(database, settings, context)
            comparison = _Comparison(database, settings, begun, history)
            comparison.compare(operations)
    plan.asked = True


class _Comparison:
    """A comparison with one database.

    Args:
        database: the connection to the database.
        settings: the settings of the run.
        begun: the calls that an earlier run has begun, and may have done.
        history: the steps that were measured on the server.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        begun: Collection[str],
        history: Sequence[MeasuredStep],
    ) -> None:
        self._database, self._settings, self._begun = database, settings, begun
        self._history = history
        self._changed: set[str] = set()  # without schemas, which may be left out
        self._is_unsure = False

    def compare(self, operations: list[PlannedOperation]) -> None:
        """Compute the steps of *operations* again."""
        for operation in operations:
            self._changed |= {each.name for each in operation.new_tables}
            if operation.recipe is not None:
                self._ask(operation, operation.recipe)
            for planned in operation.steps:
                self._is_unsure |= not planned.known
                if planned.done is not True:
                    self._changed.update(lock.name.name for lock in planned.step.locks)

    def _ask(self, operation: PlannedOperation, recipe: ZdtOperation) -> None:
        operation.note = ""
        try:
            operation.steps = list(self._asked(operation, recipe))
        except ZdtError as error:
            # An earlier step of the plan may resolve it, for example create the table.
            operation.note = f"not compared with the database: {error.primary}"
        except DBAPIError as error:
            words = " ".join(str(error.orig).split())
            operation.note = f"not compared with the database: {words}"

    def _asked(
        self, operation: PlannedOperation, recipe: ZdtOperation
    ) -> Iterator[PlannedStep]:
        server = survey(self._database, recipe.questions())
        check_version(server, recipe)
        recipe.preconditions(server)  # refuses missing objects
        missing = self._missing(recipe, server)
        if missing is not None:
            operation.note = f"refused with the database as it is: {missing.primary}"
        is_sure = missing is None
        for step in recipe.steps(server):
            done: bool | None = self._database.holds(step.skip_if.done)
            if done and (missing is not None or not (is_sure and self._is_kept(step))):
                # It holds now, but a step that runs before this one may change that.
                done = None
            is_sure = is_sure and done is True
            words = step.note or _triggers(step, self._database, self._settings)
            yield PlannedStep(
                step,
                done=done,
                note=words,
                new_tables=operation.new_tables,
                estimate=None if done else self._estimate(step),
            )

    def _estimate(self, step: Step) -> Estimate | None:
        if step.work is None:
            return None
        size = bounded_size(self._database, step.work, self._settings)
        return None if size is None else estimate(step.work, size, self._history)

    def _is_kept(self, step: Step) -> bool:
        """Check whether no earlier step of the plan changes the tables of *step*."""
        return self._changed.isdisjoint(lock.name.name for lock in step.locks)

    def _missing(
        self, recipe: ZdtOperation, server: Server
    ) -> UndefinedObjectError | None:
        """Return the error of a call about an object that nothing in the plan makes."""
        steps = recipe.steps(server)
        if (
            self._is_unsure
            or recipe.call in self._begun
            or not all(map(self._is_kept, steps))
        ):
            return None
        if isinstance(recipe, DropOperation) and self._drops_nothing(recipe):
            return nothing_to_drop(recipe, self._database)
        for wanted in (*recipe.preconditions(server), *_of_first(steps)):
            if wanted.max_seconds is not None:  # it reads rows
                continue
            rows = self._database.rows(wanted.question, as_written=True)
            error = wanted.error(rows) if rows else None
            if isinstance(error, UndefinedObjectError):
                return error
        return None

    def _drops_nothing(self, recipe: DropOperation) -> bool:
        sought = recipe.sought
        if recipe.if_exists or (sought.table is None and self._changed):
            return False
        return self._database.holds(sought.is_missing)


def _of_first(steps: Sequence[Step]) -> Sequence[Precondition]:
    """Return the preconditions of the first step."""
    return steps[0].preconditions if steps else ()


def _triggers(step: Step, database: Database, settings: Settings) -> str:
    """Return a note on the triggers that a backfill fires."""
    if not isinstance(step.batches, Backfilling):
        return ""
    definition = triggers.resolved(step.batches.definition, settings)
    return triggers.note(triggers.fired(database, definition), definition)
