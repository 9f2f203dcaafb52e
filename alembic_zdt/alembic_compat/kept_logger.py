"""The logger of this package, which ``fileConfig()`` of env.py disables.

Alembic's env.py calls it without ``disable_existing_loggers=False``.  Then no warning
of a directive would be seen.
https://docs.python.org/3/library/logging.config.html#logging.config.fileConfig
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

_NAME, _WAS_ON = "alembic_zdt", "_zdt_logger_was_on"


def note_before_env(environment: EnvironmentContext) -> None:
    """Remember whether the logger is on before env.py runs."""
    # getLogger() would make it, and fileConfig() would then disable it.
    found = logging.Logger.manager.loggerDict.get(_NAME)
    setattr(environment, _WAS_ON, not getattr(found, "disabled", False))


def turn_on_after_env(context: MigrationContext) -> None:
    """Turn the logger on again if it was on before env.py."""
    if getattr(context.environment_context, _WAS_ON, False):
        logging.getLogger(_NAME).disabled = False
