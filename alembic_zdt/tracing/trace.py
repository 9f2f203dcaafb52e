"""Trace the statements that a body sends to a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic_zdt.tracing.lock_watcher import LockWatcher, Work
from alembic_zdt.tracing.tracer import Tracer


@contextmanager
def traced(database: str, connected: Callable[[Work], Any]) -> Iterator[Tracer]:
    """Trace while the body runs.

    Args:
        database: the name of the database.
        connected: a function that runs its argument over a new connection to it in
            autocommit mode.
    """
    watcher = LockWatcher(connected)
    with watcher.running():
        tracer = Tracer(database, watcher)
        with tracer.listening():
            yield tracer
