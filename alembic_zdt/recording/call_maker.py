"""Calls at the position of a running revision: its file, line and transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from alembic_zdt.operations.stock import BatchedOperations
from alembic_zdt.recording.call import Call, line_now


class CallMaker:
    """An object that creates the recorded calls of each revision.

    Args:
        transaction: a function that returns the number of the present transaction, or
            AUTOCOMMIT.
        assured: a function that returns the reason of the surrounding
            ``op.safety_assured()``.

    Attributes:
        path: the path of the present revision's file.
    """

    def __init__(
        self, transaction: Callable[[], int], assured: Callable[[], str], path: str = ""
    ) -> None:
        self.path = path
        self._transaction, self._assured = transaction, assured
        self._queued: WeakKeyDictionary[Any, list[Call]] = WeakKeyDictionary()

    def call(self, operation: Any) -> Call:
        """Return the call of an operation at this line; None stands for a statement."""
        line, assured = line_now(self.path), self._assured()
        return Call(operation, self._transaction(), self.path, line, assured=assured)

    def queue(self, batch: Any, call: Call) -> None:
        """Keep a call for the end of its batch."""
        self._queued.setdefault(batch, []).append(call)

    def end_of_batch(self, batch: Any, table_name: str, *, recreates: bool) -> Call:
        """Return the call that runs the queued operations of a batch."""
        queued = self._queued.pop(batch, [])
        operations = tuple(each.operation for each in queued)
        call = self.call(BatchedOperations(table_name, operations, recreates))
        call.lines = tuple(each.line for each in queued)
        call.reasons = tuple(each.assured for each in queued)
        return call
