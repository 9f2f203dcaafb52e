"""Look for a backfill or a queued call in each database of env.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import runs
from alembic_zdt.backfill.revision_calls import METADATA
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.transactions import autocommit

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

Found = TypeVar("Found")


def in_databases(
    config: Config,
    look: Callable[[MigrationContext, Database], Found],
    script: ScriptDirectory | None = None,
    *,
    changes: bool = True,
) -> list[Found]:
    """Return the results of *look* in the databases that have what it looks for.

    Args:
        config: Alembic's configuration.
        look: a function that receives the context of env.py and its connection.
        script: the revisions, if they are known.
        changes: whether *look* changes the database, and needs autocommit mode.

    Raises:
        UndefinedObjectError: no database has what *look* looks for.
    """
    missing: list[UndefinedObjectError] = []

    def within(context: MigrationContext, _heads: tuple[str, ...]) -> list[Found]:
        config.attributes[METADATA] = runs.target_metadata(context)
        mode = autocommit(context) if changes else nullcontext(context.connection)
        with mode as connection:
            if connection is None:
                raise RuntimeError(context)
            try:
                return [look(context, Database(connection))]
            except UndefinedObjectError as error:
                missing.append(error)
                return []

    script = script or ScriptDirectory.from_config(config)
    found = list(chain.from_iterable(looking_at_each(config, script, within)))
    if missing and not found:
        raise missing[-1]
    return found
