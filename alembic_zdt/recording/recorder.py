"""Recorder of revisions, which runs them over a driver without a server.

env.py runs as for ``--sql``, so its options apply.  The revisions run as online.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import functools
import io
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import MetaData

from alembic_zdt.alembic_compat import contexts as compat
from alembic_zdt.alembic_compat import runs
from alembic_zdt.alembic_compat.interception import telling_of_ends
from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.env import offline_files
from alembic_zdt.errors import IrreversibleOperationError
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.safety_assured import assured_by
from alembic_zdt.operations.stock import Batch
from alembic_zdt.recording.call import (
    AUTOCOMMIT,
    Call,
    CreateAll,
    RecordedRevision,
    line_now,
)
from alembic_zdt.recording.fake_driver import recording_engine


class Recorder:
    """A recorder, which runs revisions one after the other.

    Attributes:
        revisions: the revisions that have run.
    """

    def __init__(self) -> None:
        self.revisions: list[RecordedRevision] = []
        self._current: RecordedRevision | None = None
        self._context: MigrationContext | None = None
        self._running: list[Call] = []
        self._queued: list[Call] = []

    def connect(self, version: int) -> None:
        """Replace a server whose ``server_version_num`` is *version*."""
        self._engine, self._raw = recording_engine(self._statement, version)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive operations and the ends of batches while the body runs."""
        with ExitStack() as stack:
            stack.enter_context(compat.intercepted(self._operation))
            stack.enter_context(compat.batches_to(self._batch))
            stack.enter_context(compat.statements_to(lambda _text: None))
            for name in ("create_all", "drop_all"):
                function = self._noting(getattr(MetaData, name))
                stack.enter_context(compat.replaced(MetaData, name, function))
            yield

    def _noting(self, original: Callable[..., None]) -> Callable[..., None]:
        """Wrap a function so that its call is recorded before its statements."""

        @functools.wraps(original)
        def noted(*args: Any, **kw: Any) -> None:
            if self._current is not None:
                self._current.calls.append(self._call(CreateAll(original.__name__)))
            original(*args, **kw)

        return noted

    @contextmanager
    def context(self, options: dict[str, Any], environment: Any) -> Iterator[Any]:
        """Yield a context of Alembic, over the driver without a server."""
        left_out: dict[str, Any] = {
            "literal_binds": False,
            "fn": None,
            "dialect_opts": {},
        }
        opts = {**options, **left_out, "as_sql": False}
        with self._engine.connect() as connection:
            self._context = MigrationContext.configure(
                connection=connection, environment_context=environment, opts=opts
            )
            with telling_of_ends(connection, self._ended):
                yield self._context

    def run(self, script: Script, function: Callable[[], Any]) -> None:
        """Run *function* of a revision, and record its calls up to a failure."""
        self._current = RecordedRevision(script)
        self.revisions.append(self._current)
        self._queued.clear()
        self._raw.autocommit = False
        try:
            function()
        except IrreversibleOperationError:  # the downgrade is meant to fail
            return
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it may be anything
            self._current.error = f"{type(error).__name__}: {_one_line(error)}"
            self._current.line = _line_of(error, script.path)
        finally:
            self._current = None
            self._running.clear()

    def _ended(self, words: str) -> None:
        if self._current is not None:
            self._current.calls.append(self._call(ControlTransaction(words)))

    def _operation(self, go_on: Callable[[], Any], operation: Any) -> Any:
        if self._current is None:
            return go_on()
        call = self._call(operation)
        if isinstance(operation, ZdtOperation):
            self._current.calls.append(call)
            self._raw.commit()  # as a directive does before it begins
            return None
        with self._as_running(call):
            result = go_on()
        if not call.statements:
            self._queued.append(call)
        return result

    def _batch(
        self, go_on: Callable[[], None], table_name: str, recreates: bool
    ) -> None:
        if self._current is None:
            go_on()
            return
        queued, self._queued = self._queued, []
        operations = tuple(each.operation for each in queued)
        call = self._call(Batch(table_name, operations, recreates))
        call.lines = tuple(each.line for each in queued)
        call.reasons = tuple(each.assured for each in queued)
        with self._as_running(call):
            go_on()

    def _call(self, operation: Any) -> Call:
        current = self._current
        path = current.script.path if current else ""
        transaction = AUTOCOMMIT if self._raw.autocommit else self._raw.number
        assured = assured_by(self._context)
        return Call(operation, transaction, path, line_now(path), assured=assured)

    @contextmanager
    def _as_running(self, call: Call) -> Iterator[None]:
        self._running.append(call)
        try:
            yield
        finally:
            self._running.pop()

    def _statement(self, text: str) -> None:
        if self._current is None:
            return
        call = self._running[-1] if self._running else self._call(None)
        if not call.statements:
            self._current.calls.append(call)
        call.statements.append(text.strip())


@dataclass(frozen=True)
class Recorded:
    """The recorded revisions, and their context.

    Attributes:
        revisions: in order.
        context: the context of env.py, the last one of several.
    """

    revisions: Sequence[RecordedRevision]
    context: MigrationContext


def recorded(
    config: Config,
    script: ScriptDirectory,
    start: Any,
    end: str,
    begin: Callable[[MigrationContext], int],
    *,
    downgrade: bool = False,
    run_env: Callable[[EnvironmentContext], None] | None = None,
) -> Recorded | None:
    """Record the revisions from *start* to *end*, with all that they do.

    Return None if env.py runs no migrations.

    Args:
        config: Alembic's.
        script: the revisions.
        start: a revision, several, ``base`` or ``heads``.
        end: a revision, or ``heads``.
        begin: called before the first one, with the context that env.py made; returns
            the version of the server, as ``server_version_num``.
        downgrade: run the downgrades.
        run_env: replaces env.py.

    Raises:
        CommandError: a revision does not exist.
    """
    recorder = Recorder()
    arguments: dict[str, Any] = {}
    contexts: list[MigrationContext] = []

    def run_all(heads: Any, context: MigrationContext) -> Sequence[Any]:
        contexts.append(context)
        recorder.connect(begin(context))
        heads = script.get_heads() if start == "heads" else heads
        _complete(script, "downgrade" if downgrade else "upgrade")
        with _online(environment):
            for step in compat.steps_between(script, heads, end, downgrade=downgrade):
                _run_step(recorder, step, context, arguments)
        runs.put_context(environment, context)
        return ()

    environment = EnvironmentContext(
        config,
        script,
        fn=run_all,
        as_sql=True,
        # Only env.py's run shows in which folders the revisions are.
        starting_rev="base" if start == "heads" else start,
        destination_rev=end,
        output_buffer=io.StringIO(),
    )
    run_migrations = environment.run_migrations

    def keeping(**given: Any) -> None:
        arguments.update(given)
        run_migrations(**given)

    setattr(environment, "run_migrations", keeping)  # noqa: B010  # of templates
    with environment, recorder.listening():
        if run_env is None:
            offline_files.run_env(script)
        else:
            run_env(environment)
    return Recorded(recorder.revisions, contexts[-1]) if contexts else None


def _complete(script: ScriptDirectory, name: str) -> None:
    """Make a revision without this function fail when it runs, as others do."""

    def missing(**_named: Any) -> None:
        raise AttributeError(f"there is no {name}()")

    for revision in script.walk_revisions():
        vars(revision.module).setdefault(name, missing)


def _run_step(
    recorder: Recorder, step: Any, context: MigrationContext, given: dict[str, Any]
) -> None:
    """Run a step over its own connection, which a revision may leave in any state."""
    revision = getattr(step, "revision", None)
    if revision is None:
        return
    environment: Any = context.environment_context

    def run() -> None:
        with recorder.context(context.opts, environment) as own:
            runs.put_context(environment, own)
            with (
                Operations.context(own),
                own.begin_transaction(),
                compat.transaction_of_a_migration(own),
            ):
                step.migration_fn(**given)

    recorder.run(revision, run)


@contextmanager
def _online(environment: EnvironmentContext) -> Iterator[None]:
    """Make ``is_offline_mode()`` false for revisions while the body runs."""
    options: Any = environment.context_opts
    options["as_sql"] = False
    try:
        yield
    finally:
        options["as_sql"] = True


def _line_of(error: BaseException, path: str) -> int:
    found = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == Path(path)
    ]
    return found[-1] if found else 0


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
