"""Store how long a step took, for the estimates of later ones."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.estimates import step_history
from alembic_zdt.estimates.estimate import Estimate, estimate
from alembic_zdt.estimates.step_history import LEAST_BYTES, MeasuredStep
from alembic_zdt.estimates.work_size import WorkSize, size_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.settings import Settings, milliseconds
from alembic_zdt.steps import Step, Work

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

RUN, CALIBRATION = "run", "calibrate"
"""The sources of a measurement."""

_MOST_MILLISECONDS = 2000


@contextmanager
def measured(
    database: Database,
    step: Step,
    settings: Settings,
    context: MigrationContext | None,
    source: str = RUN,
) -> Iterator[Estimate | None]:
    """Store how long the body takes if it succeeds and the work of *step* is large.

    Args:
        database: a connection in autocommit mode.
        step: the step that the body runs, from its beginning to its end.
        settings: the settings, with the name of the table of the history.
        context: Alembic's migration context, None where there is no version table.
        source: the program that measures, :data:`RUN` or :data:`CALIBRATION`.

    Yields:
        The estimate from earlier steps, None if the step is not measured.
    """
    size = _size(database, step, settings, context)
    if context is None or step.work is None or size is None:
        yield None
        return
    table = table_of(settings, context)
    expected = estimate(step.work, size, known_steps(database, settings, context))
    started = time.monotonic()
    yield expected
    found = MeasuredStep(step.work.kind, size, time.monotonic() - started, source)
    with session_settings(database, _limits(settings)):
        step_history.store(database, table, found, step.purpose)


def known_steps(
    database: Database, settings: Settings, context: MigrationContext
) -> Sequence[MeasuredStep]:
    """Return the steps that were measured, none if their table is locked."""
    if not settings.step_table:
        return ()
    with session_settings(database, _limits(settings)):
        return step_history.stored(database, table_of(settings, context))


def table_of(settings: Settings, context: MigrationContext) -> OwnTable:
    """Return the table of the history of a project."""
    return step_history.table_of(
        settings.step_table,
        settings.backfill_schema or None,
        QualifiedName(context.version_table, context.version_table_schema),
    )


def bounded_size(
    database: Database, work: Work, settings: Settings, least: int = 1
) -> WorkSize | None:
    """Return the size of the work, None if it cannot be read in a short time.

    Args:
        database: a connection in autocommit mode.
        work: the work of a step.
        settings: the settings, with the longest wait for a lock.
        least: the size of the smallest table to measure, in bytes.
    """
    try:
        with session_settings(database, _limits(settings)):
            return size_of(database, work, least)
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return None


def _limits(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return the timeouts for queries that a step can do without."""
    return (
        ("lock_timeout", f"{milliseconds(settings.lock_timeout)}ms"),
        ("statement_timeout", f"{_MOST_MILLISECONDS}ms"),
    )


def _size(
    database: Database, step: Step, settings: Settings, context: MigrationContext | None
) -> WorkSize | None:
    if context is None or step.work is None or not settings.step_table:
        return None
    size = bounded_size(database, step.work, settings, LEAST_BYTES)
    if size is None:
        return None
    if step.batches is not None and step.batches.has_begun(database, settings, context):
        return None
    return size
