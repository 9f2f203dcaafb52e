"""A backfill makes the triggers of its table fire, for each row.

https://www.postgresql.org/docs/current/trigger-definition.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.backfill import triggers
from alembic_zdt.backfill.inline import Backfilling
from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import TRIGGERED
from alembic_zdt.findings import Severity
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.recording.call import Call
from alembic_zdt.server_facts import OLDEST_SUPPORTED, Server


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    operation = call.operation
    if context.oracle is None or not isinstance(operation, ZdtOperation):
        return
    for step in operation.steps(Server(version=OLDEST_SUPPORTED)):
        if not isinstance(step.batches, Backfilling):
            continue
        definition = step.batches.definition
        if definition.triggers or context.is_new(definition.table):
            continue
        found = context.ask(triggers.fired, definition)
        if found:
            yield Problem(
                f"the backfill of {definition.table.label} fires {'; '.join(found)}",
                definition.table,
                severity=Severity.WARNING,
            )


CHECK = Check(
    id="backfill-fires-triggers",
    severity=Severity.WARNING,
    reason=(
        "A trigger treats each row of a backfill like a change by the application: "
        "an updated_at or a version changes, an audit table gets a row. Choose "
        'triggers="skip" or triggers="fire".'
    ),
    look=_look,
    setup=TRIGGERED,
    bad='op.backfill("users", {"email": "\'none\'"}, where="email IS NULL")',
    good='op.backfill(\n    "users", {"email": "\'none\'"}, where="email IS NULL",'
    ' triggers="skip"\n)',
    asks=True,
)
