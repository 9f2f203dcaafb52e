"""Change many rows in many short transactions.

``unfinished()`` and ``run_slice()``, or ``unfinished_async()`` and
``run_slice_async()``, let your job engine work on the backfills that revisions
have queued with ``op.backfill(..., mode="background")``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_zdt.backfill.jobs import (
        SliceResult,
        run_slice,
        run_slice_async,
        unfinished,
        unfinished_async,
    )

__all__ = [
    "SliceResult",
    "run_slice",
    "run_slice_async",
    "unfinished",
    "unfinished_async",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from alembic_zdt.backfill import jobs  # noqa: PLC0415  # keeps the import cheap

    return getattr(jobs, name)
