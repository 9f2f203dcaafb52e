"""Checks that a worker still has the call that it runs, and may begin its steps."""

from __future__ import annotations

import time
from collections.abc import Callable

from alembic_zdt.connection.database import Database
from alembic_zdt.queueing.queue_faults import EarlyCallError, StoppedCallError
from alembic_zdt.queueing.queue_leases import QueueLeases
from alembic_zdt.queueing.queue_table import Queue, QueuedCall

_LOOK_AGAIN = 1.0


class HeldCall:
    """A call that a worker runs.

    Args:
        queue: the queue, on the worker's connection.
        leases: the leases of the worker.
        name: the name of the call.
        reason_to_wait: a function that returns why a call may not begin now, or an
            empty text.
    """

    def __init__(
        self,
        queue: Queue,
        leases: QueueLeases,
        name: str,
        reason_to_wait: Callable[[QueuedCall], str],
    ) -> None:
        self._queue = queue
        self._leases = leases
        self._name = name
        self._reason_to_wait = reason_to_wait
        self._has_begun = self._cleans_up = False
        self._looked_at = time.monotonic()

    def before_step(self) -> None:
        """Look before a statement of the call.

        Raises:
            StoppedCallError: the call was cancelled, or its row is gone.
            EarlyCallError: its window has closed before its first statement.
        """
        now = self._mine()
        if self._has_begun:
            return
        if reason := self._reason_to_wait(now):  # it may have waited for hours
            raise EarlyCallError(reason)
        self._has_begun = True

    def while_waiting(self) -> None:
        """Look now and then while a step waits for locks or transactions.

        Raises:
            StoppedCallError: the call was cancelled, or its row is gone.
        """
        is_soon = time.monotonic() - self._looked_at < _LOOK_AGAIN
        if not self._cleans_up and not is_soon:
            self._mine()

    def before_repair(self) -> None:
        """Note that the worker cleans up, and look no more."""
        self._cleans_up = True
        self._leases.note_clean_up(self._name)

    def _mine(self) -> QueuedCall:
        self._looked_at = time.monotonic()
        now = self._queue.find(self._name)
        if now is None or not self._leases.is_mine(now):
            raise StoppedCallError(self._name)
        return now


class HeldDatabase(Database):
    """A worker's connection, which looks at the call whenever the run sleeps.

    Args:
        database: the connection.
        held: the call that is run.
    """

    def __init__(self, database: Database, held: HeldCall) -> None:
        super().__init__(database.connection)
        self._held = held

    def sleep(self, seconds: float) -> None:
        """Wait, and then check whether the call was cancelled."""
        super().sleep(seconds)
        self._held.while_waiting()
