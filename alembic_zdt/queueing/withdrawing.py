"""Queued calls that a revision replaces: by the same call, by its reverse, by neither.

A revision may call now what an earlier one has queued.  It waits for the worker that
has the call, runs what is left, and the queue has the call as finished.  A revision may
also drop an object whose build is queued, as a downgrade does.  Then the build is
withdrawn: the worker's statement is cancelled, and no other worker begins it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.names import literal
from alembic_zdt.queueing.asking import asking
from alembic_zdt.queueing.queue_table import (
    CANCELLED,
    FINISHED,
    QUEUED,
    RUNNING,
    WITHDRAWN,
    Queue,
    QueuedCall,
    queue_of,
)
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.online import connected
from alembic_zdt.settings import Settings, seconds

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

_POLL = 0.2


@dataclass(frozen=True)
class FoundCalls:
    """The state of the queued calls of an object, before a revision calls it.

    Attributes:
        may_be_missing: whether the object may be missing, because its build was queued
            and is not done.
        is_done: whether a worker has finished the same call while this one waited.
    """

    may_be_missing: bool = False
    is_done: bool = False


def end_worker(queue: Queue, call: QueuedCall, settings: Settings) -> None:
    """Cancel the worker's statement, and wait until it has given the call back.

    Raises:
        LockNotAvailableError: it still has the call after ``lock_deadline``.
    """
    began = time.monotonic()
    queue.change(
        call.name,
        f"status = '{CANCELLED}', waiting = NULL",
        f"q.status IN ('{QUEUED}', '{RUNNING}')",
    )
    notices, is_stopped = Notices(settings, at_once=True), False
    while (now := queue.find(call.name)) is not None and now.is_held:
        # Once only: then the worker drops the invalid index of the build.  But it may
        # be between two statements, where it has none to be cancelled.
        is_stopped = is_stopped or queue.stop(call)
        if time.monotonic() - began > settings.lock_deadline.total_seconds():
            raise _gave_up(now, settings)
        if notices.is_due():
            notices.say(f"waiting for the worker of {call.name} to stop")
        queue.database.sleep(_POLL)


def _gave_up(call: QueuedCall, settings: Settings) -> LockNotAvailableError:
    return LockNotAvailableError(
        f'a worker has the queued call "{call.name}" and does not give it back',
        detail=f"The call was cancelled, and for {seconds(settings.lock_deadline)} the "
        f"session with pid {call.worker_pid} has been cleaning up, or it is suspended.",
        hint="Wait until that worker is done, or end its session with: SELECT "
        f"pg_terminate_backend({call.worker_pid}). Then {RUN_AGAIN}",
        pids=[] if call.worker_pid is None else [call.worker_pid],
    )


@contextmanager
def beside_queue(context: MigrationContext, operation: Any) -> Iterator[FoundCalls]:
    """Run the body, which runs a call, so that no worker does the same or undoes it.

    A call that is only queued ends older queued calls of its object, too.

    Args:
        context: the migration context of the run.
        operation: the operation of the call.

    Yields:
        What the queue has for the object of the call.
    """
    found = _found(context, operation) if operation.queue_object else []
    same, others = _split(found, operation)
    if not same and not others:
        yield FoundCalls()
        return
    with connected(context, operation.purpose) as runner:
        queue = queue_of(runner.database, runner.settings, context)
        done = [_wait_for(queue, call, runner.settings) for call in same]
        for call in others:
            end_worker(queue, call, runner.settings)
    yield FoundCalls(any(call.status != FINISHED for call in others), any(done))
    with connected(context, operation.purpose) as runner:
        queue = queue_of(runner.database, runner.settings, context)
        for call in same:
            _finish(queue, call)
        for call in others:
            _withdraw(queue, call)


def _split(
    found: list[QueuedCall], operation: Any
) -> tuple[list[QueuedCall], list[QueuedCall]]:
    """Return the calls that do the same as an operation, and those that it ends."""
    ends = operation.ends_queued_calls
    if operation.later is not None:  # the queue itself replaces the call of its name
        name = operation.queue_name
        return [], [call for call in found if ends and call.name != name]
    same = [call for call in found if call.call == operation.call]
    return same, [call for call in found if ends and call not in same]


def _found(context: MigrationContext, operation: Any) -> list[QueuedCall]:
    if context.connection is None:
        return []
    with asking(context, operation.purpose) as database:
        queue = queue_of(database, settings_of(context), context)
        same = f"{_plain('q.object')} = {_plain(literal(operation.queue_object))}"
        wanted = f"{same} AND q.status <> '{FINISHED}'"
        return queue.calls(wanted) if queue.exists else []


def _plain(label: str) -> str:
    """Return SQL for a label without the schema that is the default one."""
    schema = "pg_catalog.current_schema() || '.'"
    return (
        f"CASE WHEN pg_catalog.starts_with({label}, {schema})"
        f" THEN pg_catalog.substr({label}, pg_catalog.length({schema}) + 1)"
        f" ELSE {label} END"
    )


def _wait_for(queue: Queue, call: QueuedCall, settings: Settings) -> bool:
    """Wait for the worker of a call, and return whether it has finished the call."""
    notices = Notices(settings, at_once=True)
    while (now := queue.find(call.name)) is not None and now.is_held:
        if notices.is_due():
            notices.say(f"a worker runs {call.name} (pid {now.worker_pid}); waiting")
        queue.database.sleep(_POLL)
    return now is not None and now.status == FINISHED


def _finish(queue: Queue, call: QueuedCall) -> None:
    changes = (
        f"status = '{FINISHED}', waiting = NULL, error = NULL,"
        " started_at = coalesce(q.started_at, pg_catalog.clock_timestamp()),"
        " finished_at = pg_catalog.clock_timestamp()"
    )
    mine = f"q.call = {literal(call.call)} AND q.status <> '{FINISHED}'"
    if queue.change(call.name, changes, mine):
        log.info("finished: %s (run by this revision)", call.name)


def _withdraw(queue: Queue, call: QueuedCall) -> None:
    changes = f"status = '{WITHDRAWN}', waiting = NULL"
    open_ = f"q.status NOT IN ('{FINISHED}', '{WITHDRAWN}')"
    if queue.change(call.name, changes, open_):
        log.info("taken out of the queue: %s", call.name)
