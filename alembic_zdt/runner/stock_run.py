"""Check whether a run needs at most the guard of this package.

That holds for a project that does not name this package, in a database that has no log
of revisions.  Such a run asks one question more than stock Alembic, and imports nothing
if its revisions do nothing.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.alembic_compat.config_values import raw_settings
from alembic_zdt.alembic_compat.package_use import files_without_package
from alembic_zdt.alembic_compat.revision_functions import does_nothing, function_of
from alembic_zdt.connection.session import transaction_ended

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_STEPS = "_zdt_steps_to_guard"
_ASKED = "_zdt_steps_asked"
_PUBLIC = ("alembic_zdt.op", "alembic_zdt.env")
_HAS_LOG = "SELECT pg_catalog.to_regclass('alembic_zdt_revision') IS NOT NULL"


def steps_to_guard(context: MigrationContext, *, is_run: bool) -> list[Any] | None:
    """Return the pending steps that do something, None if the run needs more.

    Args:
        context: the migration context of the run.
        is_run: whether the run begins now, which reuses the answer from the start of
            its transaction.
    """
    if not (is_run and getattr(context, _ASKED, False)):
        setattr(context, _STEPS, None)
        with suppress(SQLAlchemyError, CommandError):  # what comes after reports it
            setattr(context, _STEPS, _steps_to_guard(context))
    setattr(context, _ASKED, not is_run)
    found: list[Any] | None = getattr(context, _STEPS)
    return found


def is_one(context: MigrationContext) -> bool:
    """Check whether a run was found to need no more than the guard."""
    return getattr(context, _STEPS, None) is not None


def has_calls(context: MigrationContext) -> bool:
    """Check whether the run has calls that the guard checks."""
    return bool(getattr(context, _STEPS, None))


def end(context: MigrationContext) -> None:
    """Note that the guard is not enough, because the run has called a directive."""
    setattr(context, _STEPS, None)


def _steps_to_guard(context: MigrationContext) -> list[Any] | None:
    environment = context.environment_context
    if environment is None or any(name in sys.modules for name in _PUBLIC):
        return None
    files = files_without_package(environment)
    if files is None or any(values for _, values in raw_settings(context)):
        return None
    connection: Any = context.connection
    with transaction_ended(connection):
        if connection.exec_driver_sql(_HAS_LOG).scalar():
            return None
        heads = context.get_current_heads()
    steps = contexts.steps_from(context, heads)
    if any(_is_unknown(step, files) for step in steps):
        return None
    return [step for step in steps if not does_nothing(function_of(step))]


def _is_unknown(step: Any, files: frozenset[str]) -> bool:
    """Check whether the file of a step was not read."""
    revision = getattr(step, "revision", None)
    return revision is None or str(revision.path) not in files
