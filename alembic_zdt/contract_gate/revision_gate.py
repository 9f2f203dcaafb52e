"""Check the gate of a revision before its first step, or of a single contract."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.contract_gate.calls import TIGHTENING, Touched, as_call
from alembic_zdt.contract_gate.demands import Demand, of_call, of_step
from alembic_zdt.contract_gate.expands import begins, calls_in, read
from alembic_zdt.contract_gate.session_gate import SessionGate
from alembic_zdt.contract_gate.stock_upgrade import (
    leave_out,
    leave_out_what_follows,
    may_leave_out,
)
from alembic_zdt.errors import GateClosedError
from alembic_zdt.phases import Phase, source_of, workflow_phase_of
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.explanations import ends_explained
from alembic_zdt.runner.run_state import RunState, run_state
from alembic_zdt.runner.transactions import autocommit
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def prepare(context: MigrationContext, step: Any) -> None:
    """Read the files that the gate will need before a transaction is open.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of a pending revision.
    """
    if is_gated(step, context):
        read(context, step)


def ask(context: MigrationContext, step: Any) -> None:
    """Refuse a contract while sessions that began before its expand are connected.

    Call it before the first step of a revision.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision.

    Raises:
        ConnectionLostError: the connection to the server is lost.
        GateClosedError: there are such sessions, or the revision is no contract and
            depends on a contract that this run has left out.
        LeaveOutError: the run leaves the contract out.
    """
    if run_state(context).left:
        leave_out_what_follows(context, step.revision)
    if is_gated(step, context) and not is_off(settings_of(context)):
        with ends_explained(_PURPOSE), run_state(context).doing(_PURPOSE):
            _ask(context, step)


_PURPOSE = "look for old sessions"


def _polling(
    context: MigrationContext, settings: Settings
) -> AbstractContextManager[Any]:
    """Commit the work of the run before the gate waits or refuses."""
    is_long = settings.old_sessions.mode == "wait"
    if contexts.has_external_transaction(context) and not is_long:
        return nullcontext()
    return autocommit(context)


def _ask(context: MigrationContext, step: Any) -> None:
    settings = settings_of(context)
    gate = SessionGate(context, settings)
    with contexts.transaction_of_a_migration(context):
        demands = of_step(context, step)
        _remember(run_state(context), demands)
        found = [(each, gate.closed_for(each)) for each in demands]
    closed = [(each, tables) for each, tables in found if tables is not None]
    if not closed:
        return
    try:
        with _polling(context, settings):
            for each, tables in closed:
                gate.wait(each, tables)
    except GateClosedError as error:
        if not (step.is_upgrade and may_leave_out(context, settings)):
            raise
        leave_out(context, step.revision, error)


def is_off(settings: Settings) -> bool:
    """Return whether no contract looks for old sessions."""
    return settings.allow_same_run or settings.old_sessions.mode == "ignore"


def is_gated(step: Any, context: MigrationContext) -> bool:
    """Check whether a revision is a contract, or may tighten a new column.

    Args:
        step: Alembic's step, of the revision.
        context: the migration context of the run.
    """
    revision = step.revision
    if not step.is_upgrade:
        return any(call.takes_away for call in calls_in(revision, context, down=True))
    if workflow_phase_of(revision) is Phase.CONTRACT:
        return True
    source = source_of(revision)
    if not any(name.encode() in source for name in TIGHTENING):
        return False
    return any(call.tightens for call in calls_in(revision, context))


def ask_operation(context: MigrationContext, operation: Any) -> None:
    """Refuse a contract if the gate of its revision has not checked it.

    The call of such a contract is in another module, or in no revision.

    Args:
        context: the migration context of the run.
        operation: the operation that is about to be run.

    Raises:
        ConnectionLostError: the connection to the server is lost.
        GateClosedError: sessions that began before its expand are connected.
    """
    run, call = run_state(context), as_call(operation)
    known, run.calls = run.calls, [*run.calls, call]
    if not call.is_contract or is_off(settings_of(context)):
        return
    step = runs.running_step(context)
    if step is None:
        if any(begins(each, call) for each in known):
            _refuse(context, Demand.of_this_run(call))
    elif step.is_upgrade and not _is_asked(run, step.revision.revision, call):
        _refuse(context, of_call(context, step, call))


def _refuse(context: MigrationContext, demand: Demand) -> None:
    settings = settings_of(context)
    gate = SessionGate(context, settings)
    with ends_explained(_PURPOSE), run_state(context).doing(_PURPOSE):
        tables = gate.closed_for(demand)
        if tables is None:
            return
        with _polling(context, settings):
            gate.wait(demand, tables)


def _remember(run: RunState, demands: list[Demand]) -> None:
    for each in demands:
        names = [table.sql for table in each.tables] or [_ALL]
        run.gated |= {(each.revision, name) for name in names}


_ALL = "*"


def _is_asked(run: RunState, revision: str, call: Touched) -> bool:
    if (revision, _ALL) in run.gated:
        return True
    return all((revision, table.sql) in run.gated for table in call.tables)
