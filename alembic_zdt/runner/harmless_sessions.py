"""The sessions that the settings name harmless."""

from __future__ import annotations

from alembic_zdt.catalog.client_sessions import Harmless
from alembic_zdt.settings import Settings


def harmless_of(settings: Settings) -> Harmless:
    """Return the sessions that the settings name harmless.

    Args:
        settings: the settings of the run.
    """
    return Harmless(listed(settings.ignore_applications), listed(settings.ignore_roles))


def listed(text: str) -> list[str]:
    """Return the names of a setting that separates them with commas."""
    parts = (part.strip() for part in text.split(","))
    return [part for part in parts if part]
