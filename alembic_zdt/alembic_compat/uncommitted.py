"""Revisions that a run has made in its open transaction.

They may be lost when the run is interrupted or loses its connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import patches as names

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_HELD = "_zdt_uncommitted"


def revisions(context: MigrationContext) -> list[str]:
    """Return the revisions that may not be committed yet, the running one last.

    The list is stored on the context, so a change of the list is kept.
    """
    found: list[str] | None = getattr(context, _HELD, None)
    if found is None:
        found = []
        setattr(context, _HELD, found)
    return found


def begin(context: MigrationContext, step: Any) -> None:
    """Note a step before its revision is run."""
    revisions(context).extend(_name_of(step))


def leave_out(context: MigrationContext, step: Any) -> None:
    """Forget a step that is left out of the run."""
    for name in _name_of(step):
        revisions(context).remove(name)


def commit_earlier(context: MigrationContext) -> None:
    """Forget all revisions but the one that is being run."""
    del revisions(context)[:-1]


def end(context: MigrationContext) -> None:
    """Forget the revision that has ended, if Alembic commits each of them."""
    if getattr(context, names.PER_MIGRATION.key(context), False):
        revisions(context).clear()


def _name_of(step: Any) -> list[str]:
    revision = getattr(step, "revision", None)
    return [] if revision is None else [str(revision.revision)]
