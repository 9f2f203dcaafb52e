"""The sessions that the settings name harmless."""

from __future__ import annotations

from alembic_zdt.catalog.client_sessions import Harmless
from alembic_zdt.settings import Settings


def harmless_of(settings: Settings) -> Harmless:
    """Return the sessions that the settings name harmless.

    Args:
        settings: the settings of the run.
    """
    return Harmless(
        _listed(settings.ignore_applications), _listed(settings.ignore_roles)
    )


def _listed(text: str) -> list[str]:
    parts = (part.strip() for part in text.split(","))
    return [part for part in parts if part]
