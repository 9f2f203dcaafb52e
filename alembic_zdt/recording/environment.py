"""Runs of a user's env.py that do not disturb the output of a command."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.env.programmatic import over_the_given_one
from alembic_zdt.errors import UsageError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Found = TypeVar("Found")


@contextlib.contextmanager
def quiet(config: Config) -> Iterator[None]:
    """Send prints to stderr and drop Alembic's info logs while the body runs."""
    log = logging.getLogger("alembic.runtime.migration")
    kept = config.stdout
    config.stdout = sys.stderr
    log.addFilter(_is_warning)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        log.removeFilter(_is_warning)
        config.stdout = kept


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def looking(
    config: Config,
    script: ScriptDirectory,
    look: Callable[[MigrationContext, tuple[str, ...]], Found],
) -> Found:
    """Return the result of *look* in the live database; of several, in the last one.

    Args:
        config: Alembic's configuration.
        script: the revisions.
        look: a function that receives the context of env.py and the current revisions.

    Raises:
        UsageError: env.py ran no migrations.
    """
    return looking_at_each(config, script, look)[-1]


def looking_at_each(
    config: Config,
    script: ScriptDirectory,
    look: Callable[[MigrationContext, tuple[str, ...]], Found],
) -> list[Found]:
    """Return the results of *look* in each database of env.py, changing nothing.

    Raises:
        UsageError: env.py ran no migrations.
    """
    found: list[Found] = []

    def migrations(heads: Any, context: MigrationContext) -> Sequence[Any]:
        current = (heads,) if isinstance(heads, str) else tuple(heads)
        with contexts.transaction_of_a_migration(context):
            found.append(look(context, current))
        return []

    checked = over_the_given_one(config, migrations)
    environment = EnvironmentContext(config, script, fn=checked, dont_mutate=True)
    with environment, quiet(config):
        script.run_env()
    if not found:
        raise nothing_ran()
    return found


@contextlib.contextmanager
def without_a_database() -> Iterator[None]:
    """Let the body run env.py offline, with any URL or none.

    Raises:
        UsageError: env.py needs a database.
    """
    try:
        with runs.dialect_without_url():
            yield
    except (SQLAlchemyError, OSError) as error:
        raise UsageError(
            "env.py could not be run without a database",
            detail=f"In offline mode env.py failed with {type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]}",
            hint="Give env.py the function run_migrations_offline() of Alembic's "
            "templates.",
        ) from error


def nothing_ran() -> UsageError:
    """Return the error for an env.py that never runs the migrations."""
    return UsageError(
        "env.py ran no migrations",
        detail="env.py did not call context.run_migrations().",
        hint="Let env.py call context.run_migrations() in offline mode and online, as "
        "in Alembic's templates.",
    )
