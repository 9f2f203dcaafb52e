"""Registration of the directives: of their names at once, of the rest on first use.

Every ``alembic`` command loads our plugin, and most of them never use a directive.  So
the plugin only announces the names.  The first call of one imports their modules.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import (
    comparisons,
    contexts,
    error_output,
    hooks,
    interception,
    op_proxy,
    runs,
)
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.runner import own_process

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.migration import MigrationContext

# By name: these modules import the layers below, which must not import them.
_COMPARING = "alembic_zdt.autogenerate.comparing.comparison_hooks"
_WATCHING = "alembic_zdt.guard.install"
_PREPARATION = "alembic_zdt.guard.preparation"
_FORESIGHT = "alembic_zdt.foresight"
_HALF_DONE = "alembic_zdt.half_done"
_TURNING = "alembic_zdt.turning"
_CREATED_TABLE = "alembic_zdt.operations.created_table"


def announce() -> None:
    """Announce the names of the directives to Alembic, without importing their modules.

    A second call does no harm.
    """
    runs.watch_runs()
    contexts.watch_script_transactions()
    error_output.watch_errors()
    interception.watch_operations(_prepare_operation)
    runs.before_each_run(_prepare)
    runs.before_each_step(_guard)
    # Before the gate, which asks when the expand was applied.
    runs.before_each_step(_turn_round)
    runs.before_each_step(_gate)
    runs.before_each_step(_look_at_log)
    runs.before_each_step(_note_begun)
    runs.after_a_run_without_steps(_turn_round)
    runs.before_each_step(_watch)
    # Around what the guard watches, which must not judge our own questions.
    runs.before_each_step(_look_ahead)
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


@hooks.harmless("what is done before a run")
def _prepare(context: MigrationContext, is_run: bool) -> None:
    connection = context.connection
    if connection is None or context.as_sql or connection.dialect.name != "postgresql":
        return
    if contexts.runs_revisions(context):
        importlib.import_module(_PREPARATION).prepare(context, is_run=is_run)
    elif comparisons.compares(context):
        importlib.import_module(_PREPARATION).prepare_comparison(context)


@hooks.harmless("tables, columns and enum types that are there already")
def _prepare_operation(context: Any, operation: Any) -> None:
    if type(operation).__name__ not in ("CreateTableOp", "AddColumnOp"):
        return
    if getattr(operation, "if_not_exists", False) and runs.is_postgresql(context):
        importlib.import_module(_CREATED_TABLE).prepare(context, operation)


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


def _ask(context: MigrationContext, step: Any) -> None:
    from alembic_zdt.phases import names_directive  # noqa: PLC0415  # not at import
    from alembic_zdt.runner.run_state import run_state  # noqa: PLC0415  # not at import

    run, revision = run_state(context), step.revision
    is_ours = hasattr(revision.module, "zdt_phase") or names_directive(revision)
    if run.left or is_ours:
        from alembic_zdt.contract_gate.revision_gate import ask  # noqa: PLC0415

        ask(context, step)
    run.revisions.append(str(revision.revision))


def _is_of_revision(context: MigrationContext, step: Any) -> bool:
    if getattr(step, "revision", None) is None or context.as_sql:
        return False
    return context.connection is not None and runs.is_postgresql(context)


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


@hooks.harmless("going on in the other direction")
def _turn_round(context: MigrationContext, step: Any) -> None:
    if context.as_sql or not runs.is_postgresql(context):
        return
    from alembic_zdt.runner.run_state import run_state  # noqa: PLC0415  # not at import

    # A run without steps was checked before its transaction was opened.
    if step is not None and contexts.runs_revisions(context):
        importlib.import_module(_HALF_DONE).ask_once(context)
    if run_state(context).half_done:
        importlib.import_module(_TURNING).turn_round(context, step)


@hooks.harmless("the look ahead at a revision")
def _look_ahead(context: MigrationContext, step: Any) -> None:
    revision = getattr(step, "revision", None)
    if revision is None or not runs.is_postgresql(context):
        return
    from alembic_zdt.phases import names_directive  # noqa: PLC0415  # not at import

    if names_directive(revision):
        importlib.import_module(_FORESIGHT).watch(context, step)


@hooks.harmless("open workflows and renames in autogenerate")
def _before_comparing(context: AutogenContext) -> None:
    if runs.is_postgresql(context):
        importlib.import_module(_COMPARING).before(context)


@hooks.harmless("open workflows and renames in autogenerate")
def _after_comparing(context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    if runs.is_postgresql(context):
        importlib.import_module(_COMPARING).after(context, upgrade_ops)


@hooks.harmless("the log of revisions")
def _note(context: MigrationContext, step: Any, seconds: float) -> None:
    from alembic_zdt.revision_log import note_applied  # noqa: PLC0415  # not at import

    note_applied(context, step, seconds)
