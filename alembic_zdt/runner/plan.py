"""Collecting operations instead of running them, for ``alembic-zdt plan``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_recorded: ContextVar[list[Any] | None] = ContextVar("alembic_zdt_plan", default=None)


def is_recording() -> bool:
    """Whether somebody wants to know what would run."""
    return _recorded.get() is not None


def record(operation: Any) -> None:
    """Add an operation to what would run."""
    recorded = _recorded.get()
    if recorded is not None:
        recorded.append(operation)


@contextmanager
def recording() -> Iterator[list[Any]]:
    """Collect operations in a list while the body runs."""
    token = _recorded.set([])
    try:
        recorded = _recorded.get()
        yield [] if recorded is None else recorded
    finally:
        _recorded.reset(token)
