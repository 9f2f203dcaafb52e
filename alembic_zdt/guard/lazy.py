"""Make the guard at the first call that needs it.

The import of its checks takes a quarter of a second.  Directives of this package do not
need them, nor do stock operations and plain SQL where no table is big.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.checks.repeatable_sql import sql_may_run_again
from alembic_zdt.guard.position import Position
from alembic_zdt.guard.running_code import RunningCode, takes_a_name_away
from alembic_zdt.guard.sent_sql import SentStatement, drops, keeps_names
from alembic_zdt.operations.stock import BatchedOperations, is_plain
from alembic_zdt.oracle.largest import LargestTable
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.recording.call import Call

if TYPE_CHECKING:
    from alembic_zdt.guard.upgrade_guard import Guard
    from alembic_zdt.removals import Removals


class WaitingGuard:
    """A ``ConnectionInterceptor`` that makes the guard when a call needs it.

    Args:
        make: a function that makes the guard.
        position: the position of the run.
        code: the code that runs on other connections.
        oracle: the oracle, which queries on the connection of the run.
        largest: the largest table of the database, None if ``table_modes`` is set.
        has_tables: a function that checks whether the database has a table already.
    """

    def __init__(
        self,
        make: Callable[[], Guard],
        position: Position,
        code: RunningCode,
        oracle: Oracle,
        largest: LargestTable | None,
        has_tables: Callable[[], bool],
    ) -> None:
        self._make, self._code, self._oracle = make, code, oracle
        self._position, self._largest = position, largest
        self._guard: Guard | None = None
        self._is_within = False
        self._passed: list[Callable[[Guard], None]] = []
        self._changes: set[tuple[Any, ...]] = set()
        self._has_changed = False
        self._has_tables, self._has_begun = has_tables, False

    @property
    def nothing_is_big(self) -> bool:
        """Check whether all tables are too small to stop a call on them."""
        return self._largest is not None and self._largest.is_small

    @property
    def code_is_running(self) -> bool:
        """Check whether a rename or a drop may break a connected program."""
        return self._code.is_connected

    def start(
        self,
        path: str,
        *,
        revision: str,
        in_same_transaction: bool,
        from_base: bool = False,
        undone: Removals | None = None,
    ) -> None:
        """Begin the revision of a file.

        Args:
            path: the path of the file.
            revision: its id.
            in_same_transaction: whether it runs in the transaction of the revision
                before it.
            from_base: whether no revision is before it.
            undone: in a downgrade, the objects that the upgrade of the revision
                creates.
        """
        if not self._has_begun:
            self._has_begun = True
            self._position.is_new_database = from_base and not self._has_tables()
        self._position.path, self._position.undone = path, undone
        self._position.revision = revision
        self._has_changed = False
        if self._guard is not None:
            self._guard.start(in_same_transaction=in_same_transaction)
        elif not in_same_transaction and self._passed:
            self._passed.append(lambda guard: guard.start(in_same_transaction=False))

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Run an operation, through the guard if a check may stop it."""
        if self._is_within or type(operation) is ops.ExecuteSQLOp:
            return go_on()  # its statement is checked
        return self._called(go_on, self._position.call(operation))

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Keep an operation for the check of its batch, and go on."""
        self._position.queue(batch, self._position.call(operation))
        return go_on()

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Run a batch, through the guard if a check may stop it."""
        call = self._position.end_of_batch(batch, table_name, recreates=recreates)
        self._called(go_on, call)

    def _called(self, go_on: Callable[[], Any], call: Call) -> Any:
        if self._guard is None and self._may_pass(call.operation):
            self._note(call)
        elif not self._needed().look(call):
            return go_on()
        self._is_within = True
        try:
            return go_on()
        finally:
            self._is_within = False

    def _may_pass(self, operation: Any) -> bool:
        """Check, without importing the checks, whether no check would stop the call.

        A directive needs no guard unless it commits earlier changes.
        """
        if _is_ours(operation):
            return not self._has_changed or self._position.is_new_database
        parts = _parts(operation)
        if not (all(map(_is_known, parts)) and self.nothing_is_big):
            return False
        names = {getattr(each, "table_name", None) for each in parts}
        if names & self._own_tables:
            return False
        return not (any(map(takes_a_name_away, parts)) and self.code_is_running)

    @cached_property
    def _own_tables(self) -> set[str]:
        return self._code.own_tables

    def _note(self, call: Call) -> None:
        is_ours = _is_ours(call.operation)
        if self._passed or not is_ours:
            self._passed.append(lambda guard: guard.note(call))
        if not is_ours:
            self._has_changed |= not all(
                getattr(each, "if_not_exists", None) for each in _parts(call.operation)
            )

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """Check a statement, unless an operation that was checked sends it."""
        if self._oracle.is_asking:
            return
        if not self._is_within:
            sent = SentStatement(text, construct, is_formatted)
            if self._guard is None and self._sql_may_pass(sent):
                self._note_sql(sent)
            else:
                self._needed().statement(sent)
        if self._largest is not None:  # the statement is sent now, and may add rows
            self._largest.see(text)

    def _sql_may_pass(self, sent: SentStatement) -> bool:
        """Check, without importing the checks, whether no check would stop the SQL."""
        if not keeps_names(sent.text) or sent.may_name(self._own_tables):
            return False
        return self.nothing_is_big and not (drops(sent.text) and self.code_is_running)

    def _note_sql(self, sent: SentStatement) -> None:
        self._has_changed = True
        call = self._position.call(None)
        is_assured = bool(call.assured)
        place = (call.file, call.transaction, is_assured, sql_may_run_again(sent.text))
        change = (sent.change_of_rows, *place)
        if change not in self._changes:  # a loop may send thousands
            self._passed.append(lambda guard: guard.note_sql(call, sent))
        if sent.change_of_rows:
            self._changes.add(change)

    def ended(self, words: str) -> None:
        """Check a commit or rollback, unless an operation that was checked sends it."""
        if not (self._is_within or self._oracle.is_asking):
            self._needed().ended(words)

    def _needed(self) -> Guard:
        if self._guard is None:
            self._guard = self._make()
            for note in self._passed:
                note(self._guard)
            self._passed.clear()
        return self._guard


def _is_ours(operation: Any) -> bool:
    """Check whether an operation is a directive, without importing directives."""
    base = sys.modules.get("alembic_zdt.operations.base")
    return base is not None and isinstance(operation, base.ZdtOperation)


def _is_known(operation: Any) -> bool:
    return is_plain(operation) or type(operation) is ops.BulkInsertOp


def _parts(operation: Any) -> Sequence[Any]:
    """Return the operations of a batch, none if the batch copies its table."""
    if isinstance(operation, BatchedOperations) and not operation.recreates:
        return operation.operations
    return (operation,)
