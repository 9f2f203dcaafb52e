"""The leases of queued calls.

A call belongs to the worker that has leased it, until the worker's session ends or is
suspended.  Then another worker may lease the call.
"""

from __future__ import annotations

import os
import secrets
import socket

from alembic_zdt.backfill.journal import transaction
from alembic_zdt.names import literal
from alembic_zdt.queueing.queue_table import (
    FAILED,
    FINISHED,
    IS_HELD,
    QUEUED,
    RUNNING,
    Queue,
    QueuedCall,
)

_LOCK = int.from_bytes(b"zdq", "big")
_REST = "interval '1 minute'"


class QueueLeases:
    """The leases of one worker.

    Args:
        queue: the queue, on the worker's connection.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._database = queue.database
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def lease(self, call: QueuedCall) -> bool:
        """Lease a call, and return whether this worker has it now.

        Only one call of a table is leased at a time.  A row that was queued again with
        another call is not leased.
        """
        table = self._queue.name
        others = (
            f"SELECT FROM {table} o WHERE o.subject = q.subject AND o.name <> q.name"
            f" AND {IS_HELD.format('o')}"
        )
        changes = (
            f"status = '{RUNNING}', waiting = NULL, error = NULL, cleans_up = false,"
            f" worker = {literal(self.worker)}, rests_until = NULL,"
            " worker_pid = pg_catalog.pg_backend_pid(),"
            " leased_at = pg_catalog.clock_timestamp(),"
            " started_at = coalesce(q.started_at, pg_catalog.clock_timestamp())"
        )
        is_free = (
            f"q.status IN ('{QUEUED}', '{RUNNING}') AND q.is_approved"
            " AND coalesce(q.rests_until <= pg_catalog.clock_timestamp(), true)"
            f" AND coalesce({IS_HELD.format('q')}, false) = false"
            f" AND {_same(call)} AND NOT EXISTS ({others})"
        )
        with transaction(self._database):
            # Leases are counted for each table, so two must not be made at once.
            # Any role may hold the lock, and would keep a worker that waits for it.
            is_alone = f"pg_catalog.pg_try_advisory_xact_lock({_LOCK})"
            if not self._database.holds(is_alone):
                return False
            return self._queue.change(call.name, changes, is_free)

    def is_mine(self, call: QueuedCall) -> bool:
        """Check whether this worker has a call, which was not cancelled."""
        return call.status == RUNNING and call.worker == self.worker

    def finish(self, name: str) -> bool:
        """Note that a call is finished, unless it was cancelled meanwhile."""
        ending = f"status = '{FINISHED}', finished_at = pg_catalog.clock_timestamp()"
        return self._end(name, ending)

    def fail(self, name: str, error: str) -> bool:
        """Note why a call has failed, and return whether it was not cancelled."""
        return self._end(name, f"status = '{FAILED}', error = {literal(error)}")

    def give_back(self, name: str, reason: str, *, rests: bool) -> bool:
        """Queue a call again, and return whether it was not cancelled.

        Args:
            name: the name of the call.
            reason: why it could not be run.
            rests: whether no worker begins it for a minute.
        """
        until = f"pg_catalog.clock_timestamp() + {_REST}" if rests else "NULL"
        changes = (
            f"status = '{QUEUED}', waiting = {literal(reason)}, rests_until = {until}"
        )
        return self._end(name, changes)

    def _end(self, name: str, changes: str) -> bool:
        mine = f"q.worker = {literal(self.worker)}"
        is_running = f"{mine} AND q.status = '{RUNNING}'"
        is_ours = self._queue.change(name, changes, is_running)
        self.leave(name)
        return is_ours

    def leave(self, name: str) -> None:
        """End the lease of a call, and leave its status as it is."""
        given_back = (
            "worker = NULL, worker_pid = NULL, leased_at = NULL, cleans_up = false"
        )
        self._queue.change(name, given_back, f"q.worker = {literal(self.worker)}")

    def note_clean_up(self, name: str) -> None:
        """Note that this worker cleans up, which no session should cancel."""
        mine = f"q.worker = {literal(self.worker)}"
        self._queue.change(name, "cleans_up = true", mine)

    def note_waiting(self, name: str, reason: str) -> None:
        """Store why no worker begins a call."""
        note = literal(reason)
        changed = f"coalesce(q.waiting, '') <> {literal(reason)}"
        is_open = f"q.status IN ('{QUEUED}', '{RUNNING}')"
        free = f"coalesce({IS_HELD.format('q')}, false) = false"
        self._queue.change(
            name, f"waiting = {note}", f"{is_open} AND {changed} AND {free}"
        )


def _same(call: QueuedCall) -> str:
    """Return SQL that is true for a row that has still this call."""
    return (
        f"q.call = {literal(call.call)}"
        f" AND coalesce(q.revision, '') = {literal(call.revision or '')}"
        f" AND q.is_downgrade = {str(call.is_downgrade).lower()}"
    )
