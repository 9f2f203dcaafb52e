"""The comparison of ``alembic-zdt contract``, which must see the open contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

CONTRACTING = "zdt_contracting"
"""Key of the Config attribute that ``alembic-zdt contract`` sets."""


def is_contracting(migration: MigrationContext) -> bool:
    """Check whether ``alembic-zdt contract`` is running."""
    return bool(migration.config and CONTRACTING in migration.config.attributes)
