"""The schema of a run that is about one schema of several, as in a fleet.

The other schemas of the database belong to other runs, and so do their faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.config import Config

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_KEY = "alembic_zdt_own_schema"


def limit_to(config: Config, schema: str) -> None:
    """Limit the runs of a configuration to a schema, unless it is empty."""
    if schema:
        config.attributes[_KEY] = schema


def own_schema(context: MigrationContext) -> str | None:
    """Return the only schema that a run is about, None if it is about all."""
    environment = context.environment_context
    if environment is None:
        return None
    found: str | None = environment.config.attributes.get(_KEY)
    return found
