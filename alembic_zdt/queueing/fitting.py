"""Whether a queued call will end before its window closes, by its estimate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import ZdtError
from alembic_zdt.estimates.estimate import estimate
from alembic_zdt.estimates.estimate_text import duration_text
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.measuring import bounded_size, known_steps
from alembic_zdt.time_window import TimeWindow

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")


def too_long(
    operation: Any,
    window: TimeWindow,
    now: datetime,
    database: Database,
    context: MigrationContext,
) -> str:
    """Return why a call will not end in time, empty if it will or if that is unknown.

    Args:
        operation: the operation of the call.
        window: its window, which is open.
        now: the present moment.
        database: a connection in autocommit mode.
        context: Alembic's migration context.
    """
    try:
        seconds = sum(_seconds(operation, database, context))
    except (ZdtError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and driver_errors.ends_run(error):
            raise
        log.debug("could not estimate %s", operation.purpose, exc_info=error)
        return ""
    closes = window.closes_at(now)
    if now + timedelta(seconds=seconds) <= closes:
        return ""
    return (
        f"it takes about {duration_text(seconds)}, and the window {window} closes at"
        f" {closes:%Y-%m-%d %H:%M %Z}"
    )


def _seconds(
    operation: Any, database: Database, context: MigrationContext
) -> Iterator[float]:
    """Yield the likely seconds of each step that is not done and that grows."""
    settings = settings_of(context)
    steps = operation.steps(survey(database, operation.questions()))
    history = known_steps(database, settings, context)
    for step in steps:
        if step.work is None or database.holds(step.skip_if.done):
            continue
        size = bounded_size(database, step.work, settings)
        if size is not None:
            yield estimate(step.work, size, history).likely
