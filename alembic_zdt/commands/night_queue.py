"""``alembic-zdt queue``: show and change queued calls."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic.config import Config

from alembic_zdt.commands.databases_with import in_databases
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, UsageError
from alembic_zdt.queueing.queue_table import (
    CANCELLED,
    FAILED,
    FINISHED,
    IS_HELD,
    PAUSED,
    QUEUED,
    RUNNING,
    WITHDRAWN,
    Queue,
    QueuedCall,
    queue_of,
)
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_POLL = 0.2
_STOP_AGAIN = 5.0
_PATIENCE = 30.0
_OVER = (FINISHED, CANCELLED, WITHDRAWN)


@dataclass(frozen=True)
class QueueState:
    """A queued call as ``queue status`` shows it.

    Attributes:
        call: the row of the queue.
    """

    call: QueuedCall

    @property
    def status(self) -> str:
        """Return the status, or "interrupted" if its worker is gone."""
        call = self.call
        is_left = call.status == RUNNING and not call.is_held
        return "interrupted" if is_left else call.status

    @property
    def waiting(self) -> str | None:
        """Return why no worker begins it, None if it may begin."""
        call = self.call
        if call.status not in {QUEUED, RUNNING} or call.is_held:
            return None
        if not call.is_approved:
            return f"it needs an approval: alembic-zdt queue approve {call.name}"
        return call.waiting

    def as_json(self) -> dict[str, Any]:
        """Return the state for ``--json``."""
        call = self.call
        worker = {"name": call.worker, "pid": call.worker_pid}
        return {
            "name": call.name,
            "status": self.status,
            "revision": call.revision,
            "call": call.call,
            "table": call.subject,
            "window": call.window or None,
            "approved": call.is_approved,
            "waiting": self.waiting,
            "worker": worker if call.is_held else None,
            "created_at": call.created_at,
            "started_at": call.started_at,
            "finished_at": call.finished_at,
            "error": call.error,
        }

    def as_text(self) -> Iterator[str]:
        """Yield a line for a terminal, and more for a wait or an error."""
        call = self.call
        window = f", {call.window}" if call.window and call.status not in _OVER else ""
        by = f" by {call.worker} (pid {call.worker_pid})" if call.is_held else ""
        yield f"{call.name}: {self.status}{by}{window}"
        if self.waiting:
            yield f"  waiting: {self.waiting}"
        if call.error:
            yield "  " + call.error.partition("\n")[0]


def queue_states(config: Config, name: str | None = None) -> list[QueueState]:
    """Return the states of all queued calls, or of the one with this name.

    Raises:
        UndefinedObjectError: no queued call has that name.
    """

    def look(context: MigrationContext, database: Database) -> list[QueueState]:
        queue = queue_of(database, settings_of(context), context)
        if name is not None:
            return [QueueState(queue.existing(name))]
        return list(map(QueueState, queue.calls())) if queue.exists else []

    return list(chain.from_iterable(in_databases(config, look, changes=False)))


def unfinished_calls(context: MigrationContext, database: Database) -> list[QueueState]:
    """Return the states of the queued calls that are not done."""
    queue = queue_of(database, settings_of(context), context)
    over = ", ".join(f"'{status}'" for status in _OVER)
    found = queue.calls(f"q.status NOT IN ({over})") if queue.exists else []
    return list(map(QueueState, found))


@dataclass(frozen=True)
class _Change:
    """A change of a queued call: its assignments, and what it needs."""

    changes: str
    condition: str
    only: str


_CHANGES: Mapping[str, _Change] = MappingProxyType(
    {
        "approve": _Change(
            "is_approved = true",
            f"q.status NOT IN ('{FINISHED}', '{CANCELLED}', '{WITHDRAWN}')",
            "Only a call that has not ended can be approved.",
        ),
        "pause": _Change(
            f"status = '{PAUSED}', waiting = NULL",
            f"(q.status = '{QUEUED}' OR q.status = '{RUNNING}'"
            f" AND NOT coalesce({IS_HELD.format('q')}, false))",
            "Only a call that no worker runs can be paused.",
        ),
        "resume": _Change(
            f"status = '{QUEUED}'",
            f"q.status = '{PAUSED}'",
            "Only a paused call can be resumed.",
        ),
        "cancel": _Change(
            f"status = '{CANCELLED}', waiting = NULL",
            f"q.status IN ('{QUEUED}', '{RUNNING}', '{PAUSED}', '{FAILED}')",
            "Only a call that has not ended can be cancelled.",
        ),
        "retry": _Change(
            f"status = '{QUEUED}', error = NULL, waiting = NULL",
            f"q.status IN ('{FAILED}', '{CANCELLED}')",
            "Only a call that has failed or was cancelled can be tried again.",
        ),
    }
)


def change(config: Config, name: str, action: str) -> None:
    """Approve, pause, resume, cancel or retry a queued call.

    Raises:
        UndefinedObjectError: no queued call has that name.
        UsageError: its status does not allow it.
        LockNotAvailableError: the call is cancelled, and its worker still runs it.
    """
    wanted = _CHANGES[action]
    refused: list[UsageError] = []

    def look(context: MigrationContext, database: Database) -> bool:
        queue = queue_of(database, settings_of(context), context)
        call = queue.existing(name)
        if not queue.change(name, wanted.changes, wanted.condition):
            refused.append(_refused(call, action, wanted))
            return False
        if action == "cancel":
            _wait_for_end(queue, name)
        return True

    if not any(in_databases(config, look)):
        raise refused[0]


def _wait_for_end(queue: Queue, name: str) -> None:
    """Cancel the statement of a worker until it has left the call, or cleans up."""
    began, hit_at = time.monotonic(), -_STOP_AGAIN
    while (call := queue.find(name)) is not None and call.is_held:
        now = time.monotonic()
        if call.cleans_up or call.status != CANCELLED:
            return
        # Not again at once, because the worker needs a moment until it cleans up.
        if now - hit_at >= _STOP_AGAIN and queue.stop(call):
            hit_at = now
        if now - began > _PATIENCE:
            raise _not_stopped(call)
        queue.database.sleep(_POLL)


def _not_stopped(call: QueuedCall) -> LockNotAvailableError:
    return LockNotAvailableError(
        f'queued call "{call.name}" is cancelled, but its worker still runs it',
        detail=f"The session of the worker has pid {call.worker_pid}. It was asked to "
        f"stop for {_PATIENCE:g} s. A role that may not see what the session does "
        "cannot stop it.",
        hint="Run the command again with the role of the worker, or end the session: "
        f"SELECT pg_terminate_backend({call.worker_pid});",
        name=call.name,
        pids=[call.worker_pid],
    )


def _refused(call: QueuedCall, action: str, wanted: _Change) -> UsageError:
    return UsageError(
        f'cannot {action} queued call "{call.name}": it is {QueueState(call).status}',
        detail=wanted.only,
        hint=_hint(action, call.name),
        name=call.name,
    )


def _hint(action: str, name: str) -> str:
    if action == "approve":
        return "Run its revision again to queue the call again."
    if action == "pause":
        return f"Cancel a running call with: alembic-zdt queue cancel {name}."
    return f"See its status with: alembic-zdt queue status {name}."
