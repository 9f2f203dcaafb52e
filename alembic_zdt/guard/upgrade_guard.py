"""Check each call of a revision against the database before it is sent."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.check import Check, Problem
from alembic_zdt.checks.constructs import acts_of
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.looking import problems_of
from alembic_zdt.checks.new_tables import NewTables
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.sql.effects import ChangeRows, ControlTransaction, NoHarm
from alembic_zdt.checks.sql.parsing import NEEDS_THE_PARSER
from alembic_zdt.checks.understanding import says_it, understood
from alembic_zdt.guard.messages import advice, unsafe
from alembic_zdt.guard.position import Position
from alembic_zdt.guard.running_code import RunningCode, takes_a_name_away
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import Batch, is_plain
from alembic_zdt.oracle import objects
from alembic_zdt.oracle.largest import LargestTable
from alembic_zdt.oracle.oracle import Oracle
from alembic_zdt.oracle.size import Size
from alembic_zdt.recording.call import Call
from alembic_zdt.recording.fake_driver import numbered
from alembic_zdt.settings import Mode

log = logging.getLogger("alembic_zdt")

_WITHOUT_ROWS = {"v", "f", "c"}
"""``pg_class.relkind`` of relations without rows of their own."""

_COMMITS = "change-before-directive"

_CONSTANT = re.compile(r"'[^']*'|\b\d+\b")

_MOST_LOOKS = 20
"""Most checks of a statement that is repeated, as in a loop over rows."""


@dataclass(frozen=True)
class Unsafe:
    """A problem that stops a call or is logged.

    Attributes:
        check: that found it.
        problem: what it found.
        mode: whether to stop the call or to log the problem.
        size: of the table, None if unknown.
    """

    check: Check
    problem: Problem
    mode: Mode
    size: Size | None


class Guard:
    """The guard of one run, which receives the calls of a ``WaitingGuard``.

    Args:
        position: of the run.
        oracle: asks on the connection of the run.
        policy: which problems stop a call and which are logged.
        code: that is running, on other connections.
        largest: table of the database, None if ``table_modes`` is set.
    """

    def __init__(
        self,
        position: Position,
        oracle: Oracle,
        policy: Policy,
        code: RunningCode,
        largest: LargestTable | None = None,
    ) -> None:
        self._position, self._oracle, self._policy = position, oracle, policy
        self._code, self._largest = code, largest
        self._new = NewTables(oracle)
        self._context = CheckContext(oracle=oracle, run=self._new)
        self._is_within = False
        self._told: set[str] = set()
        self._looks: Counter[tuple[Any, ...]] = Counter()

    def start(self, *, in_same_transaction: bool) -> None:
        """Begin the next revision."""
        self._looks.clear()
        if not in_same_transaction:
            self._context.start_revision()

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Check an operation, unless only its SQL can be checked, and run it."""
        if self._is_within or not says_it(operation):
            return go_on()
        self._look(self._position.call(operation))
        with self._within():
            return go_on()

    def note(self, calls: Sequence[Call]) -> None:
        """Note calls that were run before the guard was needed."""
        for call in calls:
            for part in understood(call):
                self._context.note(part)

    def batch(
        self,
        go_on: Callable[[], None],
        table_name: str,
        recreates: bool,
        queued: Sequence[Call],
    ) -> None:
        """Run a batch, and check its operations first unless it copies the table."""
        if recreates:
            go_on()
            return
        call = self._position.call(
            Batch(table_name, tuple(each.operation for each in queued))
        )
        call.lines = tuple(each.line for each in queued)
        call.reasons = tuple(each.assured for each in queued)
        self._look(call)
        with self._within():
            go_on()

    def statement(self, text: str, construct: Any, *, is_formatted: bool) -> None:
        """Check a statement that is not part of a checked operation."""
        if self._oracle.is_asking:
            return
        if self._largest is not None:
            self._largest.see(text)
        if self._is_within:
            return
        sql = numbered(text, (text,)) if is_formatted else text
        call = replace(self._position.call(None), statements=[sql])
        self._look(call, acts_of(construct))

    def ended(self, words: str) -> None:
        """Check an end of the transaction by neither Alembic nor a directive."""
        if not (self._is_within or self._oracle.is_asking):
            self._look(self._position.call(None), [ControlTransaction(words)])

    def _look(self, call: Call, acts: Sequence[Any] | None = None) -> None:
        self._oracle.forget()
        if not _keeps_names(call):
            self._new.settle()
        if isinstance(call.operation, ZdtOperation):
            self._refuse_to_commit(call)
        if acts is None:
            parts = understood(call)
        else:
            parts = [replace(call, acts=(act,)) for act in acts]
        for part in parts:
            if not part.assured and self._is_worth_a_look(part):
                self._judge(part)
            self._context.note(part)
        self._tell_unread(call)

    def _refuse_to_commit(self, call: Call) -> None:
        """Refuse changes that the next run would repeat, also of small tables.

        A downgrade goes on with a warning: a change that stands behind the directive in
        its upgrade stands before it here.
        """
        if call.assured or self._position.is_new_database:
            return
        check = all_checks()[_COMMITS]
        for problem in problems_of(check, call, self._context):
            mode = self._policy.at_run_time(check.id, check.severity, None, None)
            if mode == "error" and self._position.undone is None:
                raise unsafe(check, problem, None, call)
            if mode in {"error", "warn"}:
                self._tell(advice(check, problem, None, call))

    def _is_worth_a_look(self, call: Call) -> bool:
        (act,) = call.acts
        if isinstance(act, NoHarm) or self._new.has_all_of(act):
            return False
        if self._largest is not None and self._largest.is_small:
            return takes_a_name_away(act) and self._code.is_connected
        if not isinstance(act, ChangeRows):
            return True
        shape = (act, *(_CONSTANT.sub("?", text) for text in call.statements))
        self._looks[shape] += 1
        return self._looks[shape] <= _MOST_LOOKS

    def _judge(self, call: Call) -> None:
        found = list(self._problems(call))
        stopping = [each for each in found if each.mode == "error"]
        if stopping:
            first, *others = stopping
            is_downgrade = self._position.undone is not None
            raise unsafe(
                *(first.check, first.problem, first.size, call),
                others=others,
                is_downgrade=is_downgrade,
            )
        for each in found:
            self._tell(advice(each.check, each.problem, each.size, call))

    def _problems(self, call: Call) -> Iterator[Unsafe]:
        for check in all_checks().values():
            if check.id == _COMMITS:  # checked already
                continue
            if check.breaks_code and self._takes_back(call):
                continue
            for problem in problems_of(check, call, self._context):
                size = self._size(problem)
                severity = problem.severity or check.severity
                rows = self._rows(problem, size)
                if check.breaks_code and self._is_small_but_used(problem.table, rows):
                    rows = None
                mode = self._policy.at_run_time(check.id, severity, problem.table, rows)
                if mode != "off":
                    yield Unsafe(check, problem, mode, size)

    def _takes_back(self, call: Call) -> bool:
        """Return whether a downgrade drops what the upgrade of its revision has made.

        Old code does not know it, and the server cannot tell which code a session runs.
        """
        undone, (act,) = self._position.undone, call.acts
        if undone is None or not isinstance(act, ops.DropColumnOp | ops.DropTableOp):
            return False
        column = act.column_name if isinstance(act, ops.DropColumnOp) else None
        return undone.may_have_made(table_of(act), column)

    def _is_small_but_used(self, table: QualifiedName | None, rows: int | None) -> bool:
        """Return whether a small table may be used by running code."""
        is_small = rows is not None and rows <= self._policy.small_table_rows
        return is_small and self._code.may_use(table)

    def _rows(self, problem: Problem, size: Size | None) -> int | None:
        """Return the number of rows that a problem concerns, None if unknown.

        A missing table has none, and a call on it fails by itself.  A problem without
        a table counts only where some table is big, because all revisions have to run
        on a new database.
        """
        table = problem.table
        if table is None:
            return self._oracle.ask(objects.most_rows)
        if size is not None:
            return size.rows
        if not self._oracle.oid(table):
            return 0
        kind = self._oracle.ask(lambda database: objects.kind(database, table))
        if kind in _WITHOUT_ROWS:
            return self._oracle.ask(objects.most_rows)
        return None

    def _size(self, problem: Problem) -> Size | None:
        return None if problem.table is None else self._oracle.size(problem.table)

    def _tell_unread(self, call: Call) -> None:
        for reason in call.unread:
            if NEEDS_THE_PARSER in reason:
                self._tell(
                    f"SQL that is only text is not looked at: it {NEEDS_THE_PARSER}"
                )
            else:
                self._tell(f"not all of a revision could be looked at: {reason}")

    def _tell(self, words: str) -> None:
        """Log a warning, but only once."""
        if words not in self._told:
            self._told.add(words)
            log.warning("the guard: %s", words)

    @contextmanager
    def _within(self) -> Iterator[None]:
        self._is_within = True
        try:
            yield
        finally:
            self._is_within = False


_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|COMMENT)\b", re.IGNORECASE)


def _keeps_names(call: Call) -> bool:
    """Check whether the names of other tables than the call's mean the same as before.

    Other statements may set the search_path, or roll back earlier changes.
    """
    operation = call.operation
    if isinstance(operation, Batch):
        return all(map(is_plain, operation.operations))
    if operation is not None:
        return is_plain(operation)
    return bool(call.statements) and all(map(_ROWS.match, call.statements))
