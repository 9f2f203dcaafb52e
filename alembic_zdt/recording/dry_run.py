"""A dry run of revisions, which keeps the statements instead of running them.

It runs the revisions as for ``--sql``, and intercepts every operation before Alembic
runs it.  It asks the directives for their steps.  Alembic runs the other operations,
and the dry run keeps their statements.  It also keeps the statements of
``op.get_bind()``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.operations import Operations, ops
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.env import offline_files
from alembic_zdt.errors import OfflineUnsupportedError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.stock import (
    Batch,
    StockLocks,
    made_and_gone,
    stock_locks,
)
from alembic_zdt.phases import phase_of
from alembic_zdt.recording.environment import (
    nothing_ran,
    quiet,
    without_a_database,
)
from alembic_zdt.recording.planned_steps import (
    PlannedOperation,
    PlannedRevision,
    PlannedStep,
)
from alembic_zdt.recording.revision_errors import naming
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.script.render import NEVER_DONE, offline_server
from alembic_zdt.runner.servers import check_dialect
from alembic_zdt.steps import SkipCondition, Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

_WORDS = re.compile("[A-Z][a-z]*")
_SCRIPT_TRANSACTION = {"BEGIN", "COMMIT"}
_IN_A_TRANSACTION = (
    "fails: CONCURRENTLY cannot run in a transaction; "
    "write it in op.get_context().autocommit_block()"
)


def recorded(
    config: Config,
    script: ScriptDirectory,
    start: Any,
    end: str,
    *,
    downgrade: bool,
    others: Sequence[Any] = (),
) -> list[PlannedRevision]:
    """Return the revisions from *start* to *end*, with their calls and statements.

    Args:
        config: Alembic's.
        script: the revisions.
        start: a revision, several, ``base`` or ``heads``.
        end: a revision, also a relative one, or ``heads``.
        downgrade: run the downgrades instead.
        others: the start revisions in the other databases of env.py.

    Raises:
        CommandError: a revision does not exist, or cannot be run without a database.
    """
    recorder, starts = Recorder(), iter(others)

    def revisions(heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        recorder.start(context)
        options: Any = environment.context_opts
        options["starting_rev"] = next(starts, options["starting_rev"])
        steps = contexts.steps_between(script, heads, end, downgrade=downgrade)
        return (recorder.watched(step) for step in steps)

    environment = EnvironmentContext(
        config,
        script,
        fn=revisions,
        as_sql=True,
        starting_rev=_HeadsOfEnv(script) if start == "heads" else start,
        destination_rev=end,
    )
    with environment, recorder.listening(), quiet(config), without_a_database():
        offline_files.run_env(script)
    if recorder.context is None:
        raise nothing_ran()
    if not recorder.place:
        for revision in recorder.revisions:
            revision.database = ""
    return recorder.revisions


class _HeadsOfEnv:
    """The heads, read as late as possible because env.py may name other folders."""

    def __init__(self, script: ScriptDirectory) -> None:
        self._script = script

    def __iter__(self) -> Iterator[str]:
        return iter(self._script.get_heads())


@dataclass
class _Written:
    """The statements of one operation in one transaction."""

    operation: Any
    transaction: Transaction
    statements: list[str] = field(default_factory=list)
    locks: StockLocks | None = None


class Recorder:
    """A recorder of each revision's operations, and of their statements.

    Attributes:
        revisions: the revisions that have run to their end.
        context: Alembic's, None until env.py ran the migrations.
        place: of the database among those of env.py, from 0.
    """

    def __init__(self) -> None:
        self.revisions: list[PlannedRevision] = []
        self.context: MigrationContext | None = None
        self.place = -1
        self._calls: list[_Written | PlannedOperation] | None = None
        self._running: list[Any] = []
        self._queued: list[Any] = []
        self._count = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive operations and statements while the body runs."""
        with ExitStack() as stack:
            stack.enter_context(contexts.intercepted(self._operation))
            stack.enter_context(contexts.batches_to(self._batch))
            stack.enter_context(contexts.statements_to(self._statement))
            yield

    def start(self, context: MigrationContext) -> None:
        """Take Alembic's context, without its callbacks for applied versions."""
        self.context = context
        self.place += 1
        contexts.tell_nobody(context)

    def watched(self, step: RevisionStep) -> RevisionStep:
        """Return the step, with a function that records its operations as its own."""
        original = step.migration_fn

        @functools.wraps(original)
        def migration_fn(**arguments: Any) -> None:
            self._calls, self._queued = [], []
            with naming(step.revision, step.name):
                original(**arguments)
            found = self._revision(step, self._calls)
            found.place = self.place
            found.database = str(next(iter(arguments.values()), self.place + 1))
            self.revisions.append(found)
            self._calls = None

        step.migration_fn = migration_fn
        return step

    def _revision(
        self, step: RevisionStep, calls: list[_Written | PlannedOperation]
    ) -> PlannedRevision:
        down = step.revision.down_revision or "base"
        words = down if isinstance(down, str) else ", ".join(down)
        found = PlannedRevision(step.revision.revision, words, step.revision.doc)
        found.phase = phase_of(step.revision)
        found.operations.extend(_with_new_tables(calls))
        return found

    def _operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        if self._calls is None or self.context is None:
            return go_on()
        if isinstance(operation, ZdtOperation):
            self._calls.append(_ours(operation, self.context))
            return None
        before = self._count
        with self._as_running(operation):
            result = go_on()
        if self._count == before:
            self._queued.append(operation)
        return result

    def _batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool
    ) -> None:
        """Run the queued operations of a batch at its end."""
        queued = [o for o in self._queued if _table_of(o) == table_name]
        self._queued = [o for o in self._queued if o not in queued]
        with self._as_running(Batch(table_name, tuple(queued), recreates)):
            go_on()

    @contextmanager
    def _as_running(self, operation: Any) -> Iterator[None]:
        self._running.append((operation, stock_locks(operation)))
        try:
            yield
        finally:
            self._running.pop()

    def _statement(self, text: str) -> None:
        if self._calls is None or self.context is None:
            return
        statement = text.strip().rstrip(";")
        operation, locks = self._running[-1] if self._running else (None, None)
        if operation is None and statement in _SCRIPT_TRANSACTION:
            return
        inside = contexts.writes_in_transaction(self.context)
        transaction = Transaction.REVISION if inside else Transaction.AUTOCOMMIT
        last = self._calls[-1] if self._calls else None
        if not (
            isinstance(last, _Written)
            and last.operation is operation
            and last.transaction is transaction
        ):
            last = _Written(operation, transaction, locks=locks)
            self._calls.append(last)
        last.statements.append(statement)
        self._count += 1


def _table_of(operation: Any) -> str:
    source = getattr(operation, "source_table", None)
    return str(source or getattr(operation, "table_name", ""))


def _ours(operation: ZdtOperation, context: MigrationContext) -> PlannedOperation:
    check_dialect(context.dialect.name, operation.purpose)
    server = offline_server(settings_of(context))
    planned = PlannedOperation(operation.call, [], operation)
    try:
        planned.steps = [PlannedStep(step) for step in operation.steps(server)]
    except OfflineUnsupportedError as error:
        planned.note = f"its steps depend on the database: {error.detail}"
    return planned


def _with_new_tables(
    calls: list[_Written | PlannedOperation],
) -> Iterator[PlannedOperation]:
    """Yield the operations of a revision, with the tables that earlier ones create."""
    new: frozenset[QualifiedName] = frozenset()
    for call in calls:
        if isinstance(call, PlannedOperation):
            call.new_tables = new
            call.steps = [_on(planned.step, new) for planned in call.steps]
            yield call
            continue
        yield _stock(call, new)
        made, gone = made_and_gone(call.operation)
        if isinstance(call.operation, ops.RenameTableOp):
            made = made if new.intersection(gone) else ()
        new = (new - frozenset(gone)) | frozenset(made)


def _on(step: Step, new: frozenset[QualifiedName]) -> PlannedStep:
    return PlannedStep(step, new_tables=new)


def _stock(call: _Written, new: frozenset[QualifiedName]) -> PlannedOperation:
    locks = call.locks or StockLocks()
    step = Step(
        purpose=_purpose(call.operation),
        statements=tuple(call.statements),
        locks=locks.locks,
        skip_if=SkipCondition(NEVER_DONE, "never"),
        transaction=call.transaction,
        scans=locks.scans,
    )
    planned = PlannedStep(
        step, known=call.locks is not None, note=_note(call, locks), new_tables=new
    )
    return PlannedOperation(_name(call.operation), [planned], new_tables=new)


def _note(call: _Written, locks: StockLocks) -> str:
    kw = getattr(call.operation, "kw", None) or {}
    inside = call.transaction is Transaction.REVISION
    if inside and kw.get("postgresql_concurrently"):
        return _IN_A_TRANSACTION
    return locks.caution


def _purpose(operation: Any) -> str:
    if operation is None:
        return "run past Alembic's operations"
    if isinstance(operation, Batch):
        return f"run {', '.join(_name(one) for one in operation.operations)}"
    return "run as Alembic writes it"


def _name(operation: Any) -> str:
    """Return the operation's name in a revision, or its class if ``op`` has none."""
    if operation is None:
        return "op.get_bind()"
    if isinstance(operation, Batch):
        return f"op.batch_alter_table({operation.table_name!r})"
    if isinstance(operation, ops.ExecuteSQLOp):
        return "op.execute()"
    words = _WORDS.findall(type(operation).__name__.removesuffix("Op"))
    name = "_".join(words).lower()
    return f"op.{name}()" if hasattr(Operations, name) else type(operation).__name__
