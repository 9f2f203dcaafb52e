"""Registration of the directives: names at import, modules on first use.

Every ``alembic`` command loads our plugin, and most of them never use a directive.  So
the plugin only announces the names.  The first call of a directive imports the modules
of all directives.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import (
    comparisons,
    contexts,
    dialects,
    environments,
    error_output,
    hooks,
    interception,
    kept_logger,
    op_proxy,
    runs,
)
from alembic_zdt.alembic_compat.package_use import uses_package
from alembic_zdt.alembic_compat.patches import ENDS
from alembic_zdt.connection import own_process
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.errors import ConnectionLostError, StatementTimeoutError, ZdtError
from alembic_zdt.names import LONGEST_REVISION_ID
from alembic_zdt.runner import interruption, stock_run

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

# By name: these modules import the layers below, which must not import them.
_COMPARING = "alembic_zdt.autogenerate.comparing.comparison_hooks"
_WATCHING = "alembic_zdt.guard.install"
_INCOMPLETE = "alembic_zdt.runner.script.incomplete"
_RUN_END = "alembic_zdt.runner.run_end"
_PREPARATION = "alembic_zdt.guard.preparation"
_FORESIGHT = "alembic_zdt.foresight"
_HALF_DONE = "alembic_zdt.half_done"
_REVISION_IDS = "alembic_zdt.runner.revision_ids"
_TURNING = "alembic_zdt.turning"
_SKIPPED_INDEX = "alembic_zdt.operations.skipped_index"
_CREATED_TABLE = "alembic_zdt.operations.created_table"
_RUN_EVENTS = "alembic_zdt.runner.run_events"
_QUEUE_GATE = "alembic_zdt.queueing.queue_gate"
_FORGETTING = "alembic_zdt.queueing.forgetting"
_EVENTS = "the events"
_LOG = "log lines under env.py of Alembic's templates"


def announce() -> None:
    """Announce the names of the directives to Alembic, without importing their modules.

    A second call does no harm.
    """
    runs.watch_runs()
    contexts.watch_script_transactions()
    error_output.watch_errors()
    environments.watch(_begin, _end)
    interception.intercept_operations(_prepare_operation)
    runs.before_each_run(_let_log)
    runs.before_each_run(_prepare)
    runs.before_all_steps(_refuse_long_ids)
    runs.before_all_steps(_send_begin)
    runs.before_each_step(_before_step)
    runs.after_a_run_without_steps(_turn_round)
    runs.after_each_step(_send_applied)
    runs.after_each_step(_note)
    runs.around_each_comparison(_before_comparing, _after_comparing)
    own_process.listen()
    op_proxy.announce(frozenset({*DIRECTIVES, *ANNOTATIONS}), register)


def register() -> None:
    """Import the module of every directive, which registers it.

    A second call does no harm.
    """
    announce()
    modules = (*DIRECTIVES.values(), *ANNOTATIONS.values())
    for module in dict.fromkeys(modules):
        importlib.import_module(f"alembic_zdt.{module}")


@hooks.harmless(_LOG)
def _let_log(context: MigrationContext, is_run: bool) -> None:  # noqa: ARG001  # a hook
    kept_logger.turn_on_after_env(context)


@hooks.harmless("the hooks before a run")
def _prepare(context: MigrationContext, is_run: bool) -> None:
    connection = context.connection
    if connection is None or context.as_sql or connection.dialect.name != "postgresql":
        return
    if not (contexts.runs_revisions(context) or comparisons.compares(context)):
        return
    if contexts.can_load_revisions(context):
        _prepare_loaded(context, is_run=is_run)
        if not stock_run.is_one(context):
            importlib.import_module(_RUN_EVENTS)  # no transaction is open yet


def _prepare_loaded(context: MigrationContext, *, is_run: bool) -> None:
    if not contexts.runs_revisions(context):
        importlib.import_module(_PREPARATION).prepare_comparison()
        return
    steps = stock_run.steps_to_guard(context, is_run=is_run)
    if steps is None:
        importlib.import_module(_PREPARATION).prepare(context, is_run=is_run)
    elif steps:
        importlib.import_module(_PREPARATION).prepare_guard(context, steps)


def _before_step(context: MigrationContext, step: Any) -> None:
    if stock_run.is_one(context):
        if stock_run.has_calls(context):
            _watch(context, step)
        return
    _enter_revision(context, step)
    _guard(context, step)
    # Before the gate, which asks when the expand was applied.
    _turn_round(context, step)
    _gate(context, step)
    _look_at_log(context, step)
    _note_begun(context, step)
    _watch(context, step)
    # After the guard, so that the look ahead wraps it: the guard must not check the
    # queries of this package.
    _look_ahead(context, step)


@hooks.harmless(ENDS)
def _begin(environment: EnvironmentContext) -> None:
    kept_logger.note_before_env(environment)
    if not contexts.is_function_of_runs(environment.context_opts.get("fn")):
        return
    if interruption.is_of_a_command(environment.config) and uses_package(environment):
        interruption.listen(environment)


@hooks.harmless(ENDS)
def _end(environment: EnvironmentContext, error: BaseException | None) -> None:
    interruption.stop_listening(environment)
    try:
        _explain_end(environment, error)
    except SystemExit:  # its message is printed
        _send_end(environment, error)
        raise
    except Exception as found:
        _send_end(environment, found)
        raise
    _send_end(environment, error)


def _explain_end(environment: EnvironmentContext, error: BaseException | None) -> None:
    ends = (ConnectionLostError, StatementTimeoutError)
    if isinstance(error, (KeyboardInterrupt, SQLAlchemyError, *ends)):
        from alembic_zdt.phases import names_directive  # noqa: PLC0415  # not at import

        run_end = importlib.import_module(_RUN_END)
        run_end.report(environment, error, names_directive)
    elif isinstance(error, ZdtError) and environment.is_offline_mode():
        _end_script(environment, error)


def _end_script(environment: EnvironmentContext, error: ZdtError) -> None:
    context = environments.context_of(environment)
    is_of_alembic = contexts.is_function_of_runs(environment.context_opts.get("fn"))
    if context is not None and is_of_alembic and dialects.is_postgresql(context):
        importlib.import_module(_INCOMPLETE).end_with_error(context, error)


@hooks.harmless("tables, columns, indexes and enum types that exist already")
def _prepare_operation(context: Any, operation: Any) -> None:
    name = type(operation).__name__
    if name not in ("CreateTableOp", "AddColumnOp", "CreateIndexOp"):
        return
    if not getattr(operation, "if_not_exists", False):
        return
    if not dialects.is_postgresql(context):
        return
    if name == "CreateIndexOp":
        importlib.import_module(_SKIPPED_INDEX).refuse_another(context, operation)
    else:
        importlib.import_module(_CREATED_TABLE).prepare(context, operation)


@hooks.harmless(_EVENTS)
def _send_begin(context: MigrationContext, steps: Sequence[Any]) -> None:
    is_ours = dialects.is_postgresql(context) and not stock_run.is_one(context)
    if is_ours and not context.as_sql:
        importlib.import_module(_RUN_EVENTS).begin(context, steps)


@hooks.harmless(_EVENTS)
def _enter_revision(context: MigrationContext, step: Any) -> None:
    if _is_of_revision(context, step):
        importlib.import_module(_RUN_EVENTS).enter_revision(step)


@hooks.harmless(_EVENTS)
def _send_applied(context: MigrationContext, step: Any, seconds: float) -> None:
    if _is_of_revision(context, step) and not stock_run.is_one(context):
        importlib.import_module(_RUN_EVENTS).revision_applied(context, step, seconds)


@hooks.harmless(_EVENTS)
def _send_end(environment: EnvironmentContext, error: BaseException | None) -> None:
    # A run that has sent nothing and fails may be one that could not connect.
    is_failure = error is not None and uses_package(environment)
    if _RUN_EVENTS in sys.modules or is_failure:
        importlib.import_module(_RUN_EVENTS).end(environment, error)


@hooks.harmless("the check for lost commits")
def _guard(context: MigrationContext, _step: Any) -> None:
    from alembic_zdt.runner.silent_rollback import guard  # noqa: PLC0415  # not at import

    guard(context)


def _gate(context: MigrationContext, step: Any) -> None:
    # Not harmless: a gate that fails must not let a contract pass.
    if not _is_of_revision(context, step):
        return
    _ask(context, step)
    if _is_contract(step):
        from alembic_zdt.backfill.gate import refuse_unfinished  # noqa: PLC0415  # rare

        refuse_unfinished(context, step)
        importlib.import_module(_QUEUE_GATE).refuse_queued(context, step)


def _ask(context: MigrationContext, step: Any) -> None:
    from alembic_zdt.phases import names_directive  # noqa: PLC0415  # not at import
    from alembic_zdt.runner.run_state import run_state  # noqa: PLC0415  # not at import

    run, revision = run_state(context), step.revision
    run.forget_done()
    is_ours = hasattr(revision.module, "zdt_phase") or names_directive(revision)
    if run.left or is_ours:
        from alembic_zdt.contract_gate.revision_gate import ask  # noqa: PLC0415  # not at import

        ask(context, step)
    run.revisions.append(str(revision.revision))


def _is_of_revision(context: MigrationContext, step: Any) -> bool:
    if getattr(step, "revision", None) is None or context.as_sql:
        return False
    return context.connection is not None and dialects.is_postgresql(context)


def _is_contract(step: Any) -> bool:
    if not step.is_upgrade:
        return False
    from alembic_zdt import phases  # noqa: PLC0415  # not at import

    return phases.workflow_phase_of(step.revision) is phases.Phase.CONTRACT


@hooks.harmless("the log of revisions")
def _look_at_log(context: MigrationContext, step: Any) -> None:
    from alembic_zdt.revision_log import refuse_foreign  # noqa: PLC0415  # not at import

    refuse_foreign(context, step)


@hooks.harmless("the log of revisions")
def _note_begun(context: MigrationContext, step: Any) -> None:
    importlib.import_module(_HALF_DONE).note_begun(context, step)


@hooks.harmless("the guard")
def _watch(context: MigrationContext, step: Any) -> None:
    importlib.import_module(_WATCHING).watch(context, step)


@hooks.harmless("the check of revision ids")
def _refuse_long_ids(context: MigrationContext, steps: Sequence[Any]) -> None:
    found = [s.revision for s in steps if s.is_upgrade and hasattr(s, "revision")]
    ids = [str(revision.revision) for revision in found]
    if any(len(each) > LONGEST_REVISION_ID for each in ids):
        importlib.import_module(_REVISION_IDS).refuse_long(context, ids)


@hooks.harmless("going on in the other direction")
def _turn_round(context: MigrationContext, step: Any) -> None:
    if (
        context.as_sql
        or not dialects.is_postgresql(context)
        or stock_run.is_one(context)
    ):
        return
    from alembic_zdt.runner.run_state import run_state  # noqa: PLC0415  # not at import

    # A run without steps was checked before its transaction was opened.
    if step is not None and contexts.runs_revisions(context):
        importlib.import_module(_HALF_DONE).ask_once(context)
    if run_state(context).half_done:
        importlib.import_module(_TURNING).turn_round(context, step)


@hooks.harmless("the check of later calls of a revision")
def _look_ahead(context: MigrationContext, step: Any) -> None:
    revision = getattr(step, "revision", None)
    if revision is None or not dialects.is_postgresql(context):
        return
    from alembic_zdt.phases import names_directive  # noqa: PLC0415  # not at import

    if names_directive(revision):
        importlib.import_module(_FORESIGHT).watch(context, step)


@hooks.harmless("open workflows and renames in autogenerate")
def _before_comparing(context: AutogenContext) -> bool:
    if not dialects.is_postgresql(context):
        return False
    return bool(importlib.import_module(_COMPARING).before(context))


@hooks.harmless("open workflows and renames in autogenerate")
def _after_comparing(context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    if dialects.is_postgresql(context):
        importlib.import_module(_COMPARING).after(context, upgrade_ops)


@hooks.harmless("the log of revisions")
def _note(context: MigrationContext, step: Any, seconds: float) -> None:
    if stock_run.is_one(context):
        return
    from alembic_zdt.revision_log import note_applied  # noqa: PLC0415  # not at import

    note_applied(context, step, seconds)
    importlib.import_module(_FORGETTING).forget_revision(context, step)
