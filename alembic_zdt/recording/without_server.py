"""Runs of revisions in online mode, over a driver without a server.

env.py runs as for ``--sql``, so its options apply.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat import contexts as compat
from alembic_zdt.alembic_compat import runs
from alembic_zdt.alembic_compat.interception import telling_of_ends
from alembic_zdt.checks.sql.parsing import load
from alembic_zdt.errors import IrreversibleOperationError
from alembic_zdt.recording.broken_files import BrokenFileError
from alembic_zdt.recording.call import AUTOCOMMIT, RecordedRevision, line_now
from alembic_zdt.recording.fake_driver import recording_engine
from alembic_zdt.recording.import_stubs import calls_told
from alembic_zdt.recording.limits import Limits
from alembic_zdt.recording.made_tables import MadeObjects
from alembic_zdt.recording.recorder import Recorder
from alembic_zdt.recording.run_lines import RunLines
from alembic_zdt.recording.unrun import UnrunBlocks
from alembic_zdt.runner.configuration import settings_of

_LOOP = re.compile(rb"^[ \t]++for ", re.MULTILINE)


class WithoutServer:
    """A stage on which each revision runs in an online context of its own.

    Args:
        script: the revisions.
        way: the name of the functions that are run.
        limits: the limits for each revision.

    Attributes:
        revisions: the revisions that have run.
        contexts: the contexts of env.py that ran the migrations.
    """

    def __init__(self, script: ScriptDirectory, way: str, limits: Limits) -> None:
        self.revisions: list[RecordedRevision] = []
        self.contexts: list[MigrationContext] = []
        self._script, self._way = script, way
        self._limits, self._unrun = limits, UnrunBlocks()

    @property
    def context(self) -> MigrationContext:
        """Return the context of env.py, the last one of several."""
        return self.contexts[-1]

    def begin(self, context: MigrationContext) -> None:
        """Begin a context over a fake server of the version that the settings name."""
        load()  # the time limit of a revision might interrupt the import
        self.contexts.append(context)
        version = settings_of(context).target_version * 10000
        self._made = MadeObjects()
        self._engine, self._raw = recording_engine(version, self._made)
        self._complete()

    def _complete(self) -> None:
        """Give each revision without the function a stub that raises AttributeError."""

        def missing(**_named: Any) -> None:
            raise AttributeError(f"there is no {self._way}()")

        for revision in self._script.walk_revisions():
            vars(revision.module).setdefault(self._way, missing)

    def run(self, step: Any, function: functools.partial[Any]) -> None:
        """Run a revision over its own connection, which it may leave in any state.

        If a loop over rows gets no row, the revision runs once more, with a made-up row
        for the loop.
        """
        before = self._made.copy() if _may_loop(step.revision.path) else None
        found, lines = self._run(step, function)
        rows = self._unrun.lines_of_rows(lines) if before and not found.error else None
        if before and rows:
            after = self._made.copy()
            self._made.restore(before)
            second, its_lines = self._run(step, function, rows)
            if second.error:  # the row was not what it needs
                self._made.restore(after)
            else:
                found, lines = second, its_lines
                for line in sorted(set(self.given)):
                    words = "the query got one made-up row, for the loop over its rows"
                    found.leave_unseen(line, words)
        self._unrun.note(found, lines)
        found.driver = str(self.context.dialect.driver)
        self.revisions.append(found)

    def _run(
        self,
        step: Any,
        function: functools.partial[Any],
        rows: frozenset[int] = frozenset(),
    ) -> tuple[RecordedRevision, RunLines]:
        self._raw.begin_revision()
        path, self.given = step.revision.path, list[int]()
        lines = RunLines(path, Path(self._script.dir))
        with self._online() as own:
            recorder = Recorder(
                step.revision, own, self._transaction, self._raw.commit, self._made
            )
            self._raw.sent = recorder.statement
            self._raw.wants_row = lambda: self._give(line_now(path), rows)
            try:
                with (
                    recorder.listening(),
                    telling_of_ends(own.connection, recorder.ended),
                    Operations.context(own),
                    own.begin_transaction(),
                    compat.transaction_of_a_migration(own),
                    calls_told(recorder.stub_called),
                    lines.watching(),
                ):
                    self._limits.run(function)
            except IrreversibleOperationError as error:
                recorder.revision.refusal = error.detail or error.primary
            except BrokenFileError:
                pass  # the file is reported
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  # it may be anything
                recorder.failed(error)
            finally:
                self._raw.sent = lambda _text: None
                recorder.ended_run()
        return recorder.revision, lines

    def _give(self, line: int, rows: frozenset[int]) -> bool:
        """Check whether a query gets a made-up row, only once for each line."""
        is_given = line in rows and line not in self.given
        if is_given:
            self.given.append(line)
        return is_given

    def _transaction(self) -> int:
        return AUTOCOMMIT if self._raw.autocommit else self._raw.number

    @contextmanager
    def _online(self) -> Iterator[MigrationContext]:
        """Yield an online context, and let env.py's context report online mode."""
        outer = self.context
        environment: Any = outer.environment_context
        own_options: dict[str, Any] = {
            "literal_binds": False,
            "fn": None,
            "dialect_opts": {},
        }
        opts = {**outer.opts, **own_options, "as_sql": False}
        environment.context_opts["as_sql"] = False
        try:
            with self._engine.connect() as connection:
                own = MigrationContext.configure(
                    connection=connection, environment_context=environment, opts=opts
                )
                runs.put_context(environment, own)
                yield own
        finally:
            environment.context_opts["as_sql"] = True
            runs.put_context(environment, outer)


def _may_loop(path: str) -> bool:
    """Check whether a file has a loop."""
    try:
        return _LOOP.search(Path(path).read_bytes()) is not None
    except OSError:
        return False
