"""Access to the parts of Alembic that run migrations.

``alembic.runtime.migration`` cannot be imported while ``import alembic`` is under way,
where our plugin runs.  So the watching begins with the first migration context.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import comparisons, hidden_tables, hooks, uncommitted
from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.alembic_compat.dialects import is_postgresql
from alembic_zdt.errors import ZdtError

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.ddl.impl import DefaultImpl
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import HeadMaintainer, MigrationContext

_HEADS = "_zdt_heads"
_HEADS_BEFORE = "_zdt_heads_before"
STEP = "_zdt_step"
_NOTES = "_zdt_notes"
_DONE = "_zdt_done"

BeforeStep = Callable[["MigrationContext", Any], None]
AfterStep = Callable[["MigrationContext", Any, float], None]
BeforeComparing = Callable[["AutogenContext"], "bool | None"]
AfterComparing = Callable[["AutogenContext", Any], None]
BeforeRun = Callable[["MigrationContext", bool], None]
_before_runs: list[BeforeRun] = []
_around_comparisons: list[tuple[BeforeComparing, AfterComparing]] = []
_before_steps: list[BeforeStep] = []
_before_all_steps: list[BeforeStep] = []
_after_steps: list[AfterStep] = []
_without_steps: list[BeforeStep] = []


def _add(function: Any, hooks: list[Any]) -> None:
    if function not in hooks:
        hooks.append(function)


def before_each_run(function: BeforeRun) -> None:
    """Call *function* at the start of each run and before each transaction of Alembic.

    It gets the context, and whether the run begins now.  By then env.py may have sent
    statements in the transaction.
    """
    _add(function, _before_runs)


@contextmanager
def preparing_runs(function: BeforeRun) -> Iterator[None]:
    """Call *function* as for :func:`before_each_run` while the body runs."""
    _before_runs.append(function)
    try:
        yield
    finally:
        _before_runs.remove(function)


def before_all_steps(function: BeforeStep) -> None:
    """Call *function* with the context and all steps of a command before the first."""
    _add(function, _before_all_steps)


def before_each_step(function: BeforeStep) -> None:
    """Call *function* with the context and Alembic's step before each revision."""
    _add(function, _before_steps)


def after_a_run_without_steps(function: BeforeStep) -> None:
    """Call *function* with the context and None when a run finds no revision to run."""
    _add(function, _without_steps)


def after_each_step(function: AfterStep) -> None:
    """Call *function* with the context, the step and its seconds after each revision.

    By then it is committed, if Alembic commits each revision by itself.
    """
    _add(function, _after_steps)


@contextmanager
def watching_steps(before: BeforeStep, after: AfterStep) -> Iterator[None]:
    """Call the functions around each revision while the body runs."""
    _before_steps.append(before)
    _after_steps.append(after)
    try:
        yield
    finally:
        _before_steps.remove(before)
        _after_steps.remove(after)


def believed_heads(context: MigrationContext) -> tuple[str, ...]:
    """Return the revisions that Alembic expects in the database after its last step."""
    maintainer = getattr(context, _HEADS, None)
    return () if maintainer is None else tuple(names.HEADS.of(maintainer))


def is_version_written(context: MigrationContext) -> bool:
    """Check whether Alembic has updated its version table for the revision it ran."""
    heads = believed_heads(context)
    return getattr(context, _HEADS_BEFORE, heads) != heads


def is_done(context: MigrationContext) -> bool:
    """Check whether the run has ended without an error."""
    return getattr(context, _DONE, False)


@contextmanager
def dialect_without_url() -> Iterator[None]:
    """Configure contexts without a URL for PostgreSQL while the body runs.

    A script needs the dialect only, and the URL in the alembic.ini of Alembic's
    templates names none.
    """
    original = names.CONFIGURE.find()

    def configure(self: EnvironmentContext, *args: Any, **options: Any) -> None:
        original(self, *args, **(options if args else _with_dialect(options)))

    with names.CONFIGURE.replaced(configure):
        yield


@contextmanager
def version_table_in(schema: str, look: Callable[[Any], None]) -> Iterator[None]:
    """Configure contexts with the version table in a schema while the body runs.

    Args:
        schema: the schema; empty leaves the choice to env.py.
        look: a function that gets each connection before it is used.
    """
    original = names.CONFIGURE.find()
    wanted = {"version_table_schema": schema} if schema else {}

    def configure(self: EnvironmentContext, *args: Any, **options: Any) -> None:
        look(args[0] if args else options.get("connection"))
        original(self, *args, **(options | wanted))

    with names.CONFIGURE.replaced(configure):
        yield


_NO_DIALECTS = ("", "driver", "postgres")
_DIALECTS = ("connection", "dialect", "dialect_name")


def _with_dialect(options: dict[str, Any]) -> dict[str, Any]:
    url = str(options.get("url") or "")
    if url.partition("://")[0] not in _NO_DIALECTS:
        return options
    given = any(options.get(name) is not None for name in _DIALECTS)
    default = {} if given else {"dialect_name": "postgresql"}
    return options | {"url": None} | default


def put_context(environment: EnvironmentContext, context: MigrationContext) -> None:
    """Let ``context.get_context()`` return another context."""
    names.CURRENT_CONTEXT.put(environment, context)


def has_transaction_per_migration(context: MigrationContext) -> bool:
    """Check whether each revision has a transaction of its own."""
    return bool(names.PER_MIGRATION.of(context))


def target_metadata(context: MigrationContext) -> Any:
    """Return the ``target_metadata`` of env.py: None, one object, or several."""
    return context.opts.get("target_metadata")


def running_revision(context: MigrationContext) -> str | None:
    """Return the id of the revision that is being run, None if it is unknown."""
    step = running_step(context)
    return None if step is None else str(step.revision.revision)


def running_step(context: MigrationContext) -> Any:
    """Return the step of Alembic that is being run, None if it has no revision."""
    step = getattr(context, STEP, None)
    return None if getattr(step, "revision", None) is None else step


def around_each_comparison(before: BeforeComparing, after: AfterComparing) -> None:
    """Call the functions around each comparison of the models with a database."""
    _around_comparisons[:] = [(before, after)]


def watch_runs() -> None:
    """Watch every run from the first migration context on."""
    if not names.IMPL_INIT.wrap(_watching):
        names.tell()


def _watching(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: DefaultImpl, *args: Any, **kw: Any) -> None:
        _watch()
        original(self, *args, **kw)

    return init


@hooks.harmless("all hooks of a run")
def _watch() -> None:
    names.tell()
    names.HEADS_INIT.wrap(_remembering_heads)
    names.AUTOCOMMIT_BLOCK.wrap(_keeping_our_error)
    names.NAME_FILTERS.wrap(hidden_tables.hiding_our_tables)
    names.BEGIN_TRANSACTION.wrap(_preparing_first)
    names.RUN_MIGRATIONS.wrap(_preparing)
    for before, after in _around_comparisons:
        comparisons.watch_comparing(before, after)


def _remembering_heads(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: HeadMaintainer, context: MigrationContext, heads: Any) -> None:
        original(self, context, heads)
        _remember(self, context)

    return init


@hooks.harmless("the hooks around each revision")
def _remember(maintainer: HeadMaintainer, context: MigrationContext) -> None:
    if not is_postgresql(context):
        return
    setattr(context, _HEADS, maintainer)
    steps = names.MIGRATIONS_FN.of(context)
    names.MIGRATIONS_FN.put(context, _noting_steps(steps))


def _preparing(original: Callable[..., None]) -> Callable[..., None]:
    def run_migrations(self: MigrationContext, **kw: Any) -> None:
        _prepare(self, is_run=True)
        original(self, **kw)

    return run_migrations


def _preparing_first(
    original: Callable[..., AbstractContextManager[Any]],
) -> Callable[..., AbstractContextManager[Any]]:
    def begin_transaction(
        self: MigrationContext, *args: Any, **kw: Any
    ) -> AbstractContextManager[Any]:
        if not (args or kw):  # which env.py cannot give
            _prepare(self, is_run=False)
        return original(self, *args, **kw)

    return begin_transaction


def _prepare(context: MigrationContext, *, is_run: bool) -> None:
    for function in _before_runs:
        function(context, is_run)


def _noting_steps(original: Any) -> Any:
    """Call the hooks around each step, which Alembic requests one at a time."""
    if original is None or hasattr(original, _NOTES):
        return original

    @functools.wraps(original)
    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        step = None
        for step in _looked_at(original(heads, context), context):
            setattr(context, STEP, step)
            setattr(context, _HEADS_BEFORE, believed_heads(context))
            uncommitted.begin(context, step)
            try:
                for function in _before_steps:
                    function(context, step)
            except hooks.LeaveOutError:
                uncommitted.leave_out(context, step)
                continue
            began = time.monotonic()
            yield step
            uncommitted.end(context)
            for note in _after_steps:
                note(context, step, time.monotonic() - began)
        for function in _without_steps if step is None else ():
            function(context, None)
        setattr(context, _DONE, True)

    setattr(steps, _NOTES, True)
    return steps


def _looked_at(steps: Any, context: MigrationContext) -> Any:
    for look in _before_all_steps if isinstance(steps, list) else ():
        look(context, steps)
    return steps


def _keeping_our_error(
    original: Callable[[MigrationContext], AbstractContextManager[None]],
) -> Callable[[MigrationContext], AbstractContextManager[None]]:
    """Raise the first error after a lost connection, not that of Alembic's clean-up."""

    @contextmanager
    def autocommit_block(self: MigrationContext) -> Iterator[None]:
        ours: ZdtError | None = None
        try:
            with original(self):
                uncommitted.commit_earlier(self)
                try:
                    yield
                except ZdtError as error:
                    ours = error
                    raise
        except SQLAlchemyError:
            if ours is None:
                raise
            raise ours from ours.__cause__

    return autocommit_block


def applied_meanwhile(context: MigrationContext) -> tuple[str, ...] | None:
    """Return the revisions in the database, if another process has changed them."""
    maintainer = getattr(context, _HEADS, None)
    if maintainer is None:  # the run was not watched
        return None
    believed, found = set(names.HEADS.of(maintainer)), set(context.get_current_heads())
    # More heads than expected: another branch, unless no head was expected.
    if believed == found or (believed and believed < found):
        return None
    return tuple(sorted(found))
