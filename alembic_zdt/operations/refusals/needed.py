"""Refuse to drop what other objects need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from alembic_zdt.errors import DependentObjectsError, ZdtError
from alembic_zdt.steps import Row


def needed(
    purpose: str, hint: str, **names: Any
) -> Callable[[Sequence[Row]], ZdtError]:
    """Return a function that builds the error from rows that describe the objects.

    Args:
        purpose: the change, as a phrase for the message.
        hint: the action for these objects.
        names: the names of the changed object, as attributes of the error.
    """

    def refused(rows: Sequence[Row]) -> ZdtError:
        return DependentObjectsError(
            f"cannot {purpose}: something else needs it",
            detail=f"Found: {'; '.join(str(row[0]) for row in rows)}.",
            hint=hint,
            **names,
        )

    return refused


DROP_FIRST = "Drop these objects first, then run the same command again."
