"""The lock that lets one thread or task of a process migrate at a time.

Alembic's ``op`` and ``context`` are the same for all threads and tasks, so two
upgrades at the same time would run each other's revisions.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from alembic_zdt.errors import UsageError

_POLL = 0.02
_lock = threading.Lock()
_owner: tuple[int, bool] | None = None
"""The thread that migrates, and whether it does so in a task of an event loop."""


@contextmanager
def alone() -> Iterator[None]:
    """Run the body when no other thread or task migrates.

    Raises:
        UsageError: a migration of this thread runs, and would never end.
    """
    _refuse_to_wait_for_myself(allows_tasks=False)
    with _lock, _owned(is_in_loop=False):
        yield


@asynccontextmanager
async def alone_in_loop() -> AsyncIterator[None]:
    """Run the body when no other thread or task migrates, without blocking.

    Raises:
        UsageError: a migration of this thread runs the event loop, and would never end.
    """
    _refuse_to_wait_for_myself(allows_tasks=True)
    while not _lock.acquire(blocking=False):  # noqa: ASYNC110  # a thread may hold it
        await asyncio.sleep(_POLL)
    try:
        with _owned(is_in_loop=True):
            yield
    finally:
        _lock.release()


@contextmanager
def _owned(*, is_in_loop: bool) -> Iterator[None]:
    global _owner  # noqa: PLW0603  # one for the process, as op and context are
    _owner = threading.get_ident(), is_in_loop
    try:
        yield
    finally:
        _owner = None


def _refuse_to_wait_for_myself(*, allows_tasks: bool) -> None:
    thread, is_in_loop = _owner or (None, False)
    if thread == threading.get_ident() and not (allows_tasks and is_in_loop):
        raise UsageError(
            "a migration runs in this thread already",
            detail="That migration goes on only when this call returns.",
            hint="In an event loop await alembic_zdt.aio.upgrade(); in a revision "
            "run no other migration.",
        )
