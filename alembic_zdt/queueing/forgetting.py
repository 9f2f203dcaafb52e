"""Take out of the queue what the other direction of a revision has queued.

This module is imported for every run, so it imports little.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.qualified import qualified
from alembic_zdt.queueing.later import BACKGROUND
from alembic_zdt.queueing.queue_table import queue_of, table_of
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import ends_explained
from alembic_zdt.runner.transactions import do_block

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def forget_revision(context: MigrationContext, step: Any) -> None:
    """Delete what the other direction of a revision has queued.

    Args:
        context: the migration context of the run.
        step: Alembic's step, whose revision was applied or reverted.
    """
    revision = getattr(step, "revision", None)
    connection = context.connection
    if revision is None:
        return
    made = (
        f"q.revision = {literal(str(revision.revision))}"
        f" AND q.is_downgrade = {str(bool(step.is_upgrade)).lower()}"
    )
    if context.as_sql and _may_queue(revision):
        _write_forgetting(context, made)
    if context.as_sql or connection is None:
        return
    if connection.dialect.name != "postgresql":
        return
    with ends_explained("take calls out of the queue"):
        queue = queue_of(Database(connection), settings_of(context), context)
        if not queue.exists:
            return
        for call in queue.calls(made):
            if call.is_held:
                queue.stop(call)
        queue.forget(made)


def _may_queue(revision: Any) -> bool:
    """Check whether the file of a revision has the mode that queues calls."""
    try:
        return BACKGROUND.encode() in Path(str(revision.path)).read_bytes()
    except OSError:
        return True


def _write_forgetting(context: MigrationContext, made: str) -> None:
    table = table_of(settings_of(context))
    deleting = f"DELETE FROM {table.name.sql} q WHERE {made};"
    lines = [f"IF {table.exists} THEN", deleting, "END IF;"]
    contexts.write(context, do_block([qualified(line) for line in lines]) + ";")
