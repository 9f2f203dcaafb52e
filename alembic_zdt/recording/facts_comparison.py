"""Comparison of a plan with the facts of a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from alembic_zdt.errors import ZdtError
from alembic_zdt.estimates.estimate import Estimate, estimate
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.facts.exported import ExportedDatabase, Facts
from alembic_zdt.facts.facts_size import measured_steps, size_from_facts
from alembic_zdt.facts.facts_survey import survey_facts
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.recording.planned_steps import Plan, PlannedOperation, PlannedStep
from alembic_zdt.runner.servers import check_version
from alembic_zdt.steps import Step


def compare_with_facts(plan: Plan, facts: Facts, place: int) -> None:
    """Compute the steps of one database again with its facts.

    If the facts have no answer to a question of an operation, its steps stay as they
    are without a database.

    Args:
        plan: the plan of all databases.
        facts: the facts.
        place: the number of the database, from 0.
    """
    comparison = _FactsComparison(facts, facts.databases[place])
    for revision in plan.revisions:
        for operation in revision.operations if revision.place == place else ():
            comparison.compare(operation)


class _FactsComparison:
    """A comparison with the facts of one database."""

    def __init__(self, facts: Facts, database: ExportedDatabase) -> None:
        self._facts, self._database = facts, database
        self._history: Sequence[MeasuredStep] = measured_steps(database)

    def compare(self, operation: PlannedOperation) -> None:
        """Compute the steps of *operation* again, with their estimates."""
        if operation.recipe is not None:
            try:
                operation.steps = list(self._planned(operation, operation.recipe))
            except ZdtError as error:
                # An earlier step of the plan may resolve it, or create the table.
                operation.note = f"not compared with the facts: {error.primary}"

    def _planned(
        self, operation: PlannedOperation, recipe: ZdtOperation
    ) -> Iterator[PlannedStep]:
        server = survey_facts(self._facts, self._database, recipe.questions())
        if server is None:
            for planned in operation.steps:
                yield replace(planned, estimate=self._estimate(planned.step))
            return
        check_version(server, recipe)
        recipe.preconditions(server)  # refuses missing objects
        steps = recipe.steps(server)
        operation.note = ""
        for step in steps:
            yield PlannedStep(
                step,
                note=step.note,
                new_tables=operation.new_tables,
                estimate=self._estimate(step),
            )

    def _estimate(self, step: Step) -> Estimate | None:
        if step.work is None:
            return None
        size = size_from_facts(self._facts, self._database, step.work)
        return None if size is None else estimate(step.work, size, self._history)
