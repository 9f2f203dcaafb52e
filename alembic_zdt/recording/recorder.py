"""The recorder of a revision: its calls, and the statements of each call.

Plan and lint run a revision in different contexts, and read the same record.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.alembic_compat.interception import intercepted
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.checks.sql.statements import read
from alembic_zdt.checks.understanding import says_it
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.safety_assured import assured_by
from alembic_zdt.operations.stock import BatchedOperations
from alembic_zdt.recording.call import (
    Call,
    CreateAll,
    RecordedRevision,
    Sent,
    line_now,
)
from alembic_zdt.recording.call_maker import CallMaker
from alembic_zdt.recording.import_stubs import Nothing
from alembic_zdt.recording.made_notes import note
from alembic_zdt.recording.made_tables import MadeObjects
from alembic_zdt.recording.revision_errors import in_words, line_of
from alembic_zdt.recording.time_limit import CutOffError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script


_DDL = re.compile(r"\b(?:ALTER|CREATE|DROP|INTO)\b", re.IGNORECASE)


_LOGS = re.compile(
    r"\blog(?:ger|ging)?\.(?:critical|debug|error|exception|info|log|warn|warning)\Z",
    re.IGNORECASE,
)


_NAMES = frozenset(
    {
        *("column_name", "constraint_name", "index_name", "modify_name"),
        *("new_table_name", "referent_table", "source_table", "table_name"),
    }
)


class Recorder:
    """An ``interception.Interceptor`` that records one run of a revision.

    It keeps directives instead of running them.  Alembic runs all other operations.

    Args:
        script: the revision.
        context: the migration context in which it runs.
        transaction: a function that returns the number of the present transaction, or
            AUTOCOMMIT.
        commit: a function that begins another transaction, as a directive does before
            its steps.
        made: the objects that the operations have made so far, which answer the queries
            of later operations.

    Attributes:
        revision: the revision that is recorded.
    """

    def __init__(
        self,
        script: Script,
        context: MigrationContext,
        transaction: Callable[[], int],
        commit: Callable[[], object] = lambda: None,
        made: MadeObjects | None = None,
    ) -> None:
        self.revision = RecordedRevision(script)
        self._context, self._made = context, made or MadeObjects()
        self._transaction, self._commit = transaction, commit
        assured = functools.partial(assured_by, context)
        self._make = CallMaker(transaction, assured, script.path)
        self._running: list[Call] = []
        self._stubs: list[tuple[int, str, Any]] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive operations and calls of ``create_all()`` while the body runs.

        A revision may run operations in a context that it has made itself.
        """
        with ExitStack() as stack:
            stack.enter_context(intercepted(None, self))
            for name in ("create_all", "drop_all"):
                function = self._noting(getattr(MetaData, name))
                stack.enter_context(contexts.replaced(MetaData, name, function))
            yield

    def _noting(self, original: Callable[..., None]) -> Callable[..., None]:
        """Wrap a function so that its call is recorded before its statements."""

        @functools.wraps(original)
        def noted(*args: Any, **kw: Any) -> None:
            self._keep(self._make.call(CreateAll(original.__name__)))
            original(*args, **kw)

        return noted

    def operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        """Keep a directive, and let Alembic run any other operation."""
        if self._has_stub_as_name(vars(operation)):
            return None
        call = self._make.call(operation)
        for name in ("existing_type", "modify_type"):
            if isinstance(type_ := getattr(operation, name, None), Nothing):
                type_.zdt_is_harmless = True
        if isinstance(operation, ZdtOperation):
            self._keep(call)
            self._commit()
            result = None
        else:
            result = self._run(call, go_on)
        note(self._made, operation, self._context)
        return result

    def batched(self, go_on: Callable[[], Any], operation: Any, batch: Any) -> Any:
        """Let Alembic keep an operation for the end of its batch, or run it at once."""
        if self._has_stub_as_name(vars(operation)):
            return None
        call = self._make.call(operation)
        result = self._run(call, go_on)
        if call.statements:
            note(self._made, operation, self._context)
        else:
            self._make.queue(batch, call)
        return result

    def batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool, batch: Any
    ) -> None:
        """Run a batch as one call."""
        if self._has_stub_as_name({"table_name": table_name}):
            return
        call = self._make.end_of_batch(batch, table_name, recreates=recreates)
        self._run(call, go_on)
        note(self._made, call.operation, self._context)

    def _has_stub_as_name(self, arguments: dict[str, Any]) -> bool:
        """Check whether a stub is the name of an object, and note that."""
        for name in _NAMES.intersection(arguments):
            if isinstance(stub := arguments[name], Nothing):
                line = line_now(self.revision.script.path)
                words = f"it names {stub.zdt_name}, which --stub has replaced"
                self.revision.leave_unseen(line, words)
                return True
        return False

    def _run(self, call: Call, go_on: Callable[[], Any]) -> Any:
        self._running.append(call)
        try:
            return go_on()
        finally:
            self._running.pop()

    def statement(self, text: str) -> None:
        """Record a statement for the innermost running call."""
        call = self._running[-1] if self._running else self._make.call(None)
        if not call.statements:
            self.revision.calls.append(call)
        call.statements.append(text.strip())
        is_noted = isinstance(call.operation, BatchedOperations)  # at its end
        if _DDL.search(text) and not (is_noted or says_it(call.operation)):
            for act in read(text)[0]:
                note(self._made, act, self._context)
        self.revision.sent.append(Sent(call, text.strip(), self._transaction()))

    def ended(self, words: str) -> None:
        """Record that code other than Alembic or a directive ended a transaction."""
        self._keep(self._make.call(ControlTransaction(words)))

    def stub_called(self, name: str, returned: Any) -> None:
        """Keep a call of a missing function, which did nothing."""
        line = line_now(self.revision.script.path)
        self._stubs.append((line, name, returned))

    def ended_run(self) -> None:
        """Record the calls of missing functions, except types and contexts."""
        told = set[int]()
        for line, name, returned in self._stubs:
            is_harmless = getattr(returned, "zdt_is_harmless", False)
            if line not in told and not (is_harmless or _LOGS.search(name)):
                told.add(line)
                words = (
                    f"it calls {name}(), which --stub has replaced with an empty stub"
                )
                self.revision.leave_unseen(line, words)

    def failed(self, error: BaseException) -> None:
        """Record that the rest of the revision is unknown."""
        self.revision.line = line_of(error, self.revision.script.path)
        if isinstance(error, CutOffError):
            self.revision.error = (
                "it did not end in time without a database, so it was cut off here"
            )
        else:
            self.revision.error = f"it fails without a database: {in_words(error)}"

    def _keep(self, call: Call) -> None:
        self.revision.calls.append(call)
        self.revision.sent.append(Sent(call))
