"""Import what a run will need before its transaction is opened.

While Python imports, the transaction of the run would be idle: it holds its locks, and
a server with an ``idle_in_transaction_session_timeout`` ends it.
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt import registration
from alembic_zdt.alembic_compat import contexts
from alembic_zdt.alembic_compat.revision_functions import function_of
from alembic_zdt.catalog.table_age import next_transaction
from alembic_zdt.connection import cancels, driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.session import is_open, transaction_ended
from alembic_zdt.errors import (
    ConnectionLostError,
    SettingError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.guard import install
from alembic_zdt.guard.revision_code import shows_all, takes_names_away
from alembic_zdt.phases import names_directive
from alembic_zdt.revision_log import connection_of
from alembic_zdt.runner.configuration import forget_settings, settings_of
from alembic_zdt.runner.explanations import explained
from alembic_zdt.runner.run_state import run_state

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_PREPARED = "_zdt_prepared"
_EACH_STEP = (
    "half_done",
    "phases",
    "queueing.forgetting",
    "revision_log",
    "runner.silent_rollback",
)
_GUARD = ("guard.upgrade_guard", "checks.policy")
_DIRECTIVES = (
    "backfill.gate",
    "backfill.batch_session",
    "catalog.own_tables",
    "foresight",
    "contract_gate.revision_gate",
    "contract_gate.script_gate",
    "queueing.at_once",
    "queueing.queue_gate",
    "runner.online",
    "runner.progress",
)
_COMPARISON = ("autogenerate.comparing.comparison_hooks",)


def prepare(context: MigrationContext, *, is_run: bool) -> None:
    """Import what the pending revisions need.

    If no revision is pending, import what half-done revisions need.  All revisions must
    have been read.

    Args:
        context: the migration context of the run.
        is_run: whether the run begins now, and not only its transaction.
    """
    is_prepared = getattr(context, _PREPARED, False)
    setattr(context, _PREPARED, not is_run)
    if is_prepared and not is_open(context.connection):
        return
    cancels.listen(connection_of(context))
    forget_settings(context)
    run_state(context).log = None
    run_state(context).half_done = None
    steps = _pending(context)
    if not steps:
        with _reported_where_needed(context):
            _prepare_turning(context)
        return
    _import(_EACH_STEP)
    revisions = [each.revision for each in steps if getattr(each, "revision", None)]
    if any(map(_is_ours, revisions)):
        registration.register()
        _import(_DIRECTIVES)
        _read_calls(context, steps)
        with _reported_where_needed(context):
            _prepare_gate(context, steps)
    with _reported_where_needed(context):
        _read_for_the_log(context, revisions)
    with suppress(SettingError):  # the code that needs the settings reports it
        _prepare_guard(context, steps)


@contextmanager
def _reported_where_needed(context: MigrationContext) -> Iterator[None]:
    """Ignore an error, because the code that needs the value will report it.

    Raises:
        ConnectionLostError: the connection is lost.
        StatementTimeoutError: another session has cancelled the question.
    """
    try:
        yield
    except (ConnectionLostError, StatementTimeoutError):
        raise
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise explained(error, "begin the run", settings_of(context)) from error
    except (ZdtError, SQLAlchemyError):
        return


def prepare_guard(context: MigrationContext, steps: list[Any]) -> None:
    """Import what the guard needs for a run that needs nothing else.

    Args:
        context: the migration context of the run.
        steps: the pending steps that do anything.
    """
    forget_settings(context)
    _prepare_guard(context, steps)


def prepare_comparison() -> None:
    """Import what a comparison of models and database needs."""
    _import(_COMPARISON)


def _prepare_guard(context: MigrationContext, steps: list[Any]) -> None:
    if settings_of(context).guard == "off":
        return
    watched = [step for step in steps if install.is_watched(context, step)]
    if not watched:
        return
    install.guard_of(context)
    functions = [function_of(step) for step in watched]
    is_shown = all(map(shows_all, functions))
    takes_names = any(map(takes_names_away, functions))
    if takes_names or not is_shown:
        _note_beginning(context)
    if not is_shown or _may_be_stopped(context, takes_names=takes_names):
        _import(_GUARD)
        importlib.import_module("alembic_zdt.checks.sql.parsing").load()
        importlib.import_module("alembic_zdt.checks.registry").all_checks()


def _prepare_turning(context: MigrationContext) -> None:
    """Look for revisions that were left half done, if none is pending."""
    if not contexts.upgrades(context) or _heads_are_ours(context):
        _import(_EACH_STEP)
        _read_for_the_log(context, [])


def _ask_what_is_left(context: MigrationContext, *, is_there: bool) -> None:
    """Read the revisions that were left half done from the log, if it exists."""
    run_state(context).half_done = []
    if not is_there:
        return
    _import(("catalog.own_tables", "half_done"))
    half_done: Any = importlib.import_module("alembic_zdt.half_done")
    with transaction_ended(context.connection):
        run_state(context).half_done = half_done.half_done(context)
    if run_state(context).half_done:
        registration.register()
        _import((*_DIRECTIVES, "turning"))


def _heads_are_ours(context: MigrationContext) -> bool:
    environment: Any = context.environment_context
    with transaction_ended(context.connection):
        heads = context.get_current_heads()
    with suppress(CommandError):
        return any(map(_is_ours, environment.script.get_revisions(heads)))
    return False


def _read_calls(context: MigrationContext, steps: list[Any]) -> None:
    """Read and cache the calls of the files before a transaction is open."""
    foresight: Any = importlib.import_module("alembic_zdt.foresight")
    for step in steps:
        foresight.read(context, step)


def _may_be_stopped(context: MigrationContext, *, takes_names: bool) -> bool:
    with transaction_ended(context.connection):
        guard = install.guard_of(context)
        return not guard.nothing_is_big or (takes_names and guard.code_is_running)


def _read_for_the_log(context: MigrationContext, revisions: list[Any]) -> None:
    revision_log: Any = importlib.import_module("alembic_zdt.revision_log")
    with transaction_ended(context.connection):
        is_there = revision_log.exists(context)
    revision_log.read(revisions, is_there=is_there)
    _ask_what_is_left(context, is_there=is_there)


def _prepare_gate(context: MigrationContext, steps: list[Any]) -> None:
    """Read the files that the contract gate needs."""
    gate: Any = importlib.import_module("alembic_zdt.contract_gate.revision_gate")
    for step in steps:
        if getattr(step, "revision", None) and _is_ours(step.revision):
            gate.prepare(context, step)
    _note_beginning(context)


def _note_beginning(context: MigrationContext) -> None:
    """Note the next transaction id, to tell the run's new tables from old ones."""
    if run_state(context).began is None:
        with _reported_where_needed(context), transaction_ended(context.connection):
            database = Database(connection_of(context))
            run_state(context).began = next_transaction(database)


def _is_ours(revision: Any) -> bool:
    """Check whether a revision has a phase, or may call a directive."""
    return hasattr(revision.module, "zdt_phase") or names_directive(revision)


def _pending(context: MigrationContext) -> list[Any]:
    """Return the pending steps, none on an error that Alembic will report itself."""
    with _reported_where_needed(context), suppress(CommandError):
        with transaction_ended(context.connection):
            heads = context.get_current_heads()
        return contexts.steps_from(context, heads)
    return []


def _import(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(f"alembic_zdt.{name}")
