"""Stop a downgrade that cannot be done.

An empty ``downgrade()`` succeeds but leaves the change in the database.
``op.irreversible("reason")`` stops the downgrade instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from alembic_zdt.alembic_compat import runs
from alembic_zdt.errors import IrreversibleOperationError, UsageError
from alembic_zdt.operations.base import annotation, is_said

if TYPE_CHECKING:
    from alembic.operations import Operations


@annotation
class Irreversible:
    """The call behind ``op.irreversible()``, which runs no statement."""

    name = "irreversible"

    @classmethod
    def irreversible(cls, operations: Operations, reason: str) -> NoReturn:
        """Stop a downgrade before it undoes anything of the revision.

        Args:
            reason: the data that would be lost.

        Raises:
            IrreversibleOperationError: always.
            UsageError: no reason is given.

        Example::

            op.irreversible("the old prices are gone")

        https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading
        """
        if not is_said(reason):
            raise UsageError(
                "op.irreversible() needs a reason",
                detail="The reason is shown when a downgrade reaches the revision.",
                hint='Write op.irreversible("the old prices are gone").',
            )
        revision = runs.running_revision(operations.get_context())
        raise IrreversibleOperationError(
            f'revision "{revision or "?"}" cannot be downgraded',
            detail=f"Its reason: {reason.strip()}.",
            hint="Write a revision that goes forward instead, or restore a backup.",
        )
