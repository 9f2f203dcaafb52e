"""The settings that hold for one migration run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import config_values
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


_SETTINGS = "_zdt_settings"


def settings_of(context: MigrationContext) -> Settings:
    """Return the settings of *context*, and read their sources once in a run.

    Raises:
        SettingError: a name is unknown or a value cannot be read.
    """
    found: Settings | None = getattr(context, _SETTINGS, None)
    if found is None:
        found = _read(context)
        setattr(context, _SETTINGS, found)
    return found


def forget_settings(context: MigrationContext) -> None:
    """Forget the settings of *context*, so that the next use reads them again."""
    setattr(context, _SETTINGS, None)


def _read(context: MigrationContext) -> Settings:
    settings = Settings.from_sources(*config_values.raw_settings(context))
    if settings.backfill_schema or not context.version_table_schema:
        return settings
    return replace(settings, backfill_schema=context.version_table_schema)
