"""Check each call of a revision against the database before it is sent."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.check_definition import Check, Problem, problems_of
from alembic_zdt.checks.constructs import acts_of
from alembic_zdt.checks.context import CheckContext, table_of
from alembic_zdt.checks.new_tables import NewTables
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.registry import all_checks, is_own
from alembic_zdt.checks.severity import raised_severity
from alembic_zdt.checks.sql.effects import ChangeRows, ControlTransaction, NoHarm
from alembic_zdt.checks.sql.parsing import NEEDS_THE_PARSER
from alembic_zdt.checks.understanding import says_it, understood
from alembic_zdt.errors import UnsafeOperationError
from alembic_zdt.guard.messages import advice, unsafe
from alembic_zdt.guard.position import Position
from alembic_zdt.guard.running_code import RunningCode, takes_a_name_away
from alembic_zdt.guard.sent_sql import SentStatement, keeps_names
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import BatchedOperations, is_plain
from alembic_zdt.oracle import questions
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
_KEPT = "own-table"
_UNBOUNDED = "no-lock-timeout"
_OF_ANY_SIZE = {_COMMITS, _KEPT}

_CONSTANT = re.compile(r"'[^']*'|\b\d+\b")

_MOST_LOOKS = 20
"""Most checks of a statement that is repeated, as in a loop over rows."""


@dataclass(frozen=True)
class Unsafe:
    """A problem that stops a call or is logged.

    Attributes:
        check: the check that found the problem.
        problem: the problem that it found.
        mode: whether to stop the call or to log the problem.
        size: the size of the table, None if unknown.
    """

    check: Check
    problem: Problem
    mode: Mode
    size: Size | None


class Guard:
    """Check the calls of one run, and stop or log those that are not safe.

    A ``WaitingGuard`` passes the calls on.

    Args:
        position: the position of the run.
        oracle: the oracle, which queries on the connection of the run.
        policy: the policy, which says which problems stop a call and which are logged.
        code: the code that runs on other connections.
        largest: the largest table of the database, None if ``table_modes`` is set.
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
        self._context = CheckContext(
            oracle=oracle,
            run=self._new,
            driver=str(oracle.connection.dialect.driver),
            kept=code.own_tables,
            migration=position.migration,
        )
        self._told: set[str] = set()
        self._looks: Counter[tuple[Any, ...]] = Counter()
        self._left_as_it_was = False

    def start(self, *, in_same_transaction: bool) -> None:
        """Begin the next revision."""
        self._looks.clear()
        if not in_same_transaction:
            self._context.start_revision()

    def note(self, call: Call) -> None:
        """Note a call that was run before the guard was needed."""
        for part in understood(call):
            self._context.note(part)

    def note_sql(self, call: Call, sent: SentStatement) -> None:
        """Note a statement that was run before the guard was needed."""
        for part in _parts(replace(call, statements=[_sql(sent)]), sent):
            self._context.note(part)

    def statement(self, sent: SentStatement) -> None:
        """Check a statement that is not part of a checked operation."""
        self._look(replace(self._position.call(None), statements=[_sql(sent)]), sent)

    def ended(self, words: str) -> None:
        """Check a commit or rollback by the revision.

        Args:
            words: the statement or the call that ends the transaction.
        """
        self._look(self._position.call(ControlTransaction(words)))

    def look(self, call: Call) -> bool:
        """Check a call, and return whether its statements need no further check.

        Some operations, such as a batch that copies its table, show only in their SQL
        what they do.
        """
        operation = call.operation
        is_batch = isinstance(operation, BatchedOperations)
        if not says_it(operation) and (not is_batch or operation.recreates):
            return False
        self._look(call)
        return True

    def _look(self, call: Call, sent: SentStatement | None = None) -> None:
        self._oracle.forget(kept=self._left_as_it_was)
        self._left_as_it_was = _keeps_facts(call)
        with self._oracle.at_once():
            self._look_at(call, sent)

    def _look_at(self, call: Call, sent: SentStatement | None) -> None:
        if not _keeps_names(call):
            self._new.settle()
        if isinstance(call.operation, ZdtOperation):
            self._refuse_to_commit(call)
        for part in _parts(call, sent):
            if not part.assured:
                self._keep_tables(part)
                if self._is_worth_a_look(part):
                    self._judge(part)
            self._context.note(part)
        self._tell_unread(call)

    def _refuse_to_commit(self, call: Call) -> None:
        """Refuse changes that the next run would repeat, even of small tables.

        In a downgrade they only cause a warning: it runs the calls in the opposite
        order, so a change that follows the directive in the upgrade precedes it here.
        """
        if call.assured or self._position.is_new_database:
            return
        check = all_checks()[_COMMITS]
        for problem in problems_of(check, call, self._context):
            mode = self._policy.at_run_time(check.id, check.severity, None, None)
            if mode == "error" and self._position.undone is None:
                raise self._unsafe(check, problem, None, call)
            if mode in {"error", "warn"}:
                self._tell(advice(check, problem, None, call))

    def _keep_tables(self, call: Call) -> None:
        """Refuse to drop the tables that migrations need, even small and new ones."""
        check = all_checks()[_KEPT]
        for problem in problems_of(check, call, self._context):
            mode = self._policy.at_run_time(check.id, check.severity, None, None)
            if mode == "error":
                raise self._unsafe(check, problem, None, call)
            if mode == "warn":
                self._tell(advice(check, problem, None, call))

    def _unsafe(
        self,
        check: Check,
        problem: Problem,
        size: Size | None,
        call: Call,
        others: Sequence[Unsafe] = (),
    ) -> UnsafeOperationError:
        """Build the error for a call of the present revision."""
        return unsafe(
            *(check, problem, size, call, others),
            revision=self._position.revision,
            is_downgrade=self._position.undone is not None,
        )

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
        found.sort(key=lambda each: each.mode != "error")
        if found and found[0].mode == "error":
            first, *more = found
            # The call to write instead bounds its waits.
            others = [each for each in more if each.check.id != _UNBOUNDED]
            raise self._unsafe(first.check, first.problem, first.size, call, others)
        for each in found:
            self._tell(advice(each.check, each.problem, each.size, call))

    def _problems(self, call: Call) -> Iterator[Unsafe]:
        for check in all_checks().values():
            if check.id in _OF_ANY_SIZE:  # checked already
                continue
            if is_own(check) and not self._policy.may_tell(check.id, check.severity):
                continue
            if check.breaks_code and self._takes_back(call):
                continue
            for problem in problems_of(check, call, self._context):
                size = self._size(problem)
                severity = problem.severity or raised_severity(check, size)
                rows = self._rows(problem, size)
                if check.breaks_code and self._is_small_but_used(problem.table, rows):
                    rows = None
                mode = self._policy.at_run_time(check.id, severity, problem.table, rows)
                if mode != "off":
                    yield Unsafe(check, problem, mode, size)

    def _takes_back(self, call: Call) -> bool:
        """Return whether a downgrade drops only objects that its upgrade created.

        Old code cannot use these, and the server cannot tell which code a session has.
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
            return self._oracle.ask(questions.most_rows)
        if size is not None:
            return size.rows
        if not self._oracle.oid(table):
            return 0
        kind = self._oracle.ask(lambda database: questions.kind(database, table))
        if kind in _WITHOUT_ROWS:
            return self._oracle.ask(questions.most_rows)
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


def _parts(call: Call, sent: SentStatement | None) -> Sequence[Call]:
    """Return a call for each operation of a call, or of its statement."""
    acts = None if sent is None else acts_of(sent.construct)
    if acts is None:
        return understood(call)
    return [replace(call, acts=(act,)) for act in acts]


def _sql(sent: SentStatement) -> str:
    return numbered(sent.text, (sent.text,)) if sent.is_formatted else sent.text


def _keeps_facts(call: Call) -> bool:
    """Check whether a call adds no rows, and leaves each table its name.

    SQL text and directives may do any of these, so they count as changes.
    """
    operation = call.operation
    is_batch = isinstance(operation, BatchedOperations)
    parts = operation.operations if is_batch else (operation,)
    others = ops.CreateTableOp | ops.DropTableOp | ops.RenameTableOp
    return all(is_plain(part) and not isinstance(part, others) for part in parts)


def _keeps_names(call: Call) -> bool:
    """Check whether a call leaves all table names with the same meaning.

    Other statements may set the search_path, or roll back earlier changes.
    """
    operation = call.operation
    if isinstance(operation, BatchedOperations):
        return all(map(is_plain, operation.operations))
    if operation is not None:
        return is_plain(operation)
    return bool(call.statements) and all(map(keeps_names, call.statements))
