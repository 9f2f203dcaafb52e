"""Make the guard at the first call that needs it.

The import of its checks takes a quarter of a second.  Directives of this package do not
need them, nor do stock operations where no table is big.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from alembic_zdt.guard.position import Position
from alembic_zdt.guard.running_code import RunningCode, takes_a_name_away
from alembic_zdt.operations.stock import is_plain
from alembic_zdt.oracle.largest import LargestTable
from alembic_zdt.recording.call import Call
from alembic_zdt.removals import Removals

if TYPE_CHECKING:
    from alembic_zdt.guard.upgrade_guard import Guard


class WaitingGuard:
    """A ``interception.Watcher`` that makes the guard when a call needs it.

    Args:
        make: makes the guard.
        position: of the run.
        code: that is running, on other connections.
        largest: table of the database, None if ``table_modes`` is set.
        has_tables: asks whether there is one already.
    """

    def __init__(
        self,
        make: Callable[[], Guard],
        position: Position,
        code: RunningCode,
        largest: LargestTable | None,
        has_tables: Callable[[], bool],
    ) -> None:
        self._make, self._code = make, code
        self._position, self._largest = position, largest
        self._guard: Guard | None = None
        self._is_within = False
        self._queued: WeakKeyDictionary[Any, list[Call]] = WeakKeyDictionary()
        self._passed: list[Sequence[Call] | None] = []
        self._has_changed = False
        self._has_tables, self._has_begun = has_tables, False

    @property
    def nothing_is_big(self) -> bool:
        """Check whether no table has so many rows that a call on it is stopped."""
        return self._largest is not None and self._largest.is_small

    @property
    def code_is_running(self) -> bool:
        """Check whether programs are connected that a rename or a drop may break."""
        return self._code.is_connected

    def start(
        self,
        path: str,
        *,
        in_same_transaction: bool,
        from_base: bool = False,
        undone: Removals | None = None,
    ) -> None:
        """Begin the revision of a file.

        Args:
            path: of its file.
            in_same_transaction: whether it runs in that of the revision before it.
            from_base: whether no revision is before it.
            undone: in a downgrade, what the upgrade of the revision makes.
        """
        if not self._has_begun:
            self._has_begun = True
            self._position.is_new_database = from_base and not self._has_tables()
        self._position.path, self._position.undone = path, undone
        self._queued.clear()
        self._has_changed = False
        if self._guard is not None:
            self._guard.start(in_same_transaction=in_same_transaction)
        elif not in_same_transaction and self._passed:
            self._passed.append(None)

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Run an operation, through the guard if a check may stop it.

        A directive needs no guard unless it commits earlier changes.
        """
        if self._guard is not None:
            return self._guard.operation(go_on, operation)
        if self._is_within:
            return go_on()
        if _is_ours(operation):
            if self._has_changed and not self._position.is_new_database:
                return self._needed().operation(go_on, operation)
            if self._passed:
                self._passed.append((self._position.call(operation),))
            with self._within():
                return go_on()
        if not self._may_pass(operation):
            return self._needed().operation(go_on, operation)
        self._note((self._position.call(operation),))
        with self._within():
            return go_on()

    def _may_pass(self, operation: Any) -> bool:
        """Check, without importing the checks, whether none of them would stop it."""
        if not (is_plain(operation) and self.nothing_is_big):
            return False
        return not (takes_a_name_away(operation) and self.code_is_running)

    def _note(self, calls: Sequence[Call]) -> None:
        self._passed.append(calls)
        self._has_changed |= not all(
            getattr(each.operation, "if_not_exists", None) for each in calls
        )

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Keep an operation for the check of its batch, and go on."""
        self._queued.setdefault(batch, []).append(self._position.call(operation))
        return go_on()

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Run a batch, through the guard if a check may stop it."""
        queued = self._queued.pop(batch, [])
        passes = all(self._may_pass(each.operation) for each in queued)
        if self._guard is None and passes and not recreates and self.nothing_is_big:
            self._note(queued)
            with self._within():
                go_on()
        else:
            self._needed().batch(go_on, table_name, recreates, queued)

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """Check a statement, unless a directive or a passed operation sends it."""
        if self._guard is None and (self._is_within or self._is_asking):
            self._see(text)
        else:
            self._needed().statement(text, construct, is_formatted=is_formatted)

    def ended(self, words: str) -> None:
        """Check an end of the transaction that no directive or passed call sends."""
        if self._guard is not None or not (self._is_within or self._is_asking):
            self._needed().ended(words)

    @property
    def _is_asking(self) -> bool:
        return self._largest is not None and self._largest.is_asking

    def _see(self, text: str) -> None:
        if self._largest is not None and not self._largest.is_asking:
            self._largest.see(text)

    def _needed(self) -> Guard:
        if self._guard is None:
            self._guard = self._make()
            for calls in self._passed:
                if calls is None:
                    self._guard.start(in_same_transaction=False)
                else:
                    self._guard.note(calls)
            self._passed.clear()
        return self._guard

    @contextmanager
    def _within(self) -> Iterator[None]:
        self._is_within = True
        try:
            yield
        finally:
            self._is_within = False


def _is_ours(operation: Any) -> bool:
    """Check whether a directive is called, whose module is imported by then."""
    base = sys.modules.get("alembic_zdt.operations.base")
    return base is not None and isinstance(operation, base.ZdtOperation)
