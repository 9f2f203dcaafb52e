"""Changes of a type that the compared database refuses now, and why."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.runner.online import Runner
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")


def refused_now(
    op: ZdtOperation, table: QualifiedName, context: SchemaContext
) -> tuple[str, ...]:
    """Return a note if the directive would be refused now, with the reason."""
    if context.database is None or table in context.present_names:
        return ()
    try:
        _try(op, Runner(context.database, Settings()))
    except ZdtError as error:
        detail = f" ({error.detail.rstrip('.')})" if error.detail else ""
        words = f"{error.primary}{detail}"
        log.warning("the compared database would refuse %s: %s", op.call, words)
        return (f"The compared database refuses it now: {words}.",)
    except SQLAlchemyError as error:
        log.debug("cannot tell whether %s is refused: %s", op.call, error)
    return ()


def _try(op: ZdtOperation, runner: Runner) -> None:
    """Run the preconditions that a directive checks before its first statement.

    Raises:
        ZdtError: it would be refused.
    """
    server = survey(runner.database, op.questions())
    for precondition in op.preconditions(server):
        runner.check(precondition)
    for step in op.steps(server):
        if not runner.database.holds(step.skip_if.done):
            for precondition in step.preconditions:
                runner.check(precondition)
            return
