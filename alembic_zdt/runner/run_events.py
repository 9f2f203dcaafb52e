"""Events about runs of env.py: their begin, their revisions, and their end.

A run that finds no pending revision sends nothing, unless it fails.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_zdt.alembic_compat import contexts, environments, runs, uncommitted
from alembic_zdt.alembic_compat.config_values import raw_settings_before_context
from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import (
    BackfillUnfinishedError,
    DataError,
    GateClosedError,
    ZdtError,
)
from alembic_zdt.events.event_kinds import (
    Direction,
    GateClosed,
    RevisionApplied,
    RunFailed,
    RunFinished,
    RunStarted,
)
from alembic_zdt.events.subscribers import is_silent, send
from alembic_zdt.events.watched_run import NO_RUN, WatchedRun, current, enter
from alembic_zdt.runner import signals
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext

_RUN = "_zdt_watched_run"
_WEBHOOKS = "_zdt_webhooks"
_HIDDEN = "the text of the error is hidden, because show_queries is off"
# Exceptions of the connection, refused roles and databases, ended servers.
_OF_CONNECTIONS = ("08", "28", "3D", "53", "57P")
# Locks that are not free, cancelled statements, deadlocks.
_OF_WAITS = ("55P03", "57014", "40")
_NOT_DONE = "env.py ended before the last pending revision was run"


def begin(context: MigrationContext, steps: Sequence[Any]) -> None:
    """Send that a run begins.

    Args:
        context: the migration context of the run.
        steps: the pending steps of Alembic.
    """
    environment, connection = context.environment_context, context.connection
    pending = [step for step in steps if getattr(step, "revision", None) is not None]
    if environment is None or connection is None or not pending:
        return
    _finish(environment)  # the run of another database before this one
    settings = _settings(environment, context)
    run = WatchedRun(
        passwords=_passwords(connection), shows_queries=settings.show_queries
    )
    setattr(environment, _RUN, (run, context))
    enter(run)
    _notify(environment, run, settings)
    database, server = _place(connection)
    send(
        RunStarted(
            direction=_direction(pending[0]),
            database=database,
            server=server,
            revisions=tuple(str(step.revision.revision) for step in pending),
        )
    )


def enter_revision(step: Any) -> None:
    """Note the revision that begins."""
    if current() is not NO_RUN:
        current().revision, current().step = str(step.revision.revision), ""


def revision_applied(context: MigrationContext, step: Any, seconds: float) -> None:
    """Send that a revision has ended.

    Args:
        context: the migration context of the run.
        step: Alembic's step, of the revision.
        seconds: how long it took.
    """
    run = current()
    if run is NO_RUN or getattr(step, "revision", None) is None:
        return
    revision = str(step.revision.revision)
    run.applied.append(revision)
    run.revision = run.step = ""
    send(
        RevisionApplied(
            revision=revision,
            direction=_direction(step),
            seconds=seconds,
            waited=run_state(context).queued,
            is_committed=revision not in uncommitted.revisions(context),
        )
    )


def gate_closed(error: ZdtError, *, waits: bool = False) -> None:
    """Send that a contract must wait.

    Args:
        error: the error that says why.
        waits: whether the run waits until the gate opens.
    """
    send(
        GateClosed(
            revision=str(error.fields.get("revision") or current().revision),
            message=error.primary,
            detail=error.detail,
            hint=error.hint,
            pids=tuple(error.fields.get("pids", ())),
            waits=waits,
        )
    )


def end(environment: EnvironmentContext, error: BaseException | None) -> None:
    """Send how a run has ended.

    Args:
        environment: the environment of the run.
        error: the error that ended env.py, if any.
    """
    run = getattr(environment, _RUN, (None,))[0]
    outer = NO_RUN if run is current() else current()
    if error is None:
        _finish(environment)
    elif run is not None:
        _fail(run, error)
    elif _is_of_run(environment):
        settings = _settings(environment, environments.context_of(environment))
        run = WatchedRun(shows_queries=settings.show_queries)
        _notify(environment, run, settings)
        _fail(run, error)
    vars(environment).pop(_RUN, None)
    for webhook in vars(environment).pop(_WEBHOOKS, ()):
        webhook.flush()  # env.py has ended, and with it all locks of the run
    enter(outer)  # env.py may have been run within another run, to look at something


def _finish(environment: EnvironmentContext) -> None:
    run, context = vars(environment).pop(_RUN, (None, None))
    if run is None:
        return
    enter(run)
    if not runs.is_done(context):
        _fail(run, None)
        return
    left = tuple(run_state(context).left)
    applied = tuple(run.applied)
    send(RunFinished(revisions=applied, left_out=left, seconds=run.seconds))


def _fail(run: WatchedRun, error: BaseException | None) -> None:
    enter(run)
    ours = error if isinstance(error, ZdtError) else None
    if ours is not None and _is_gate(ours):
        gate_closed(ours)
    send(
        RunFailed(
            error=type(error).__name__ if error else "",
            message=_message(error, run),
            detail="" if ours is None else _detail(ours, run),
            hint=ours.hint if ours else "",
            revisions=tuple(run.applied),
            seconds=run.seconds,
        )
    )


def _is_gate(error: ZdtError) -> bool:
    if isinstance(error, GateClosedError):
        return True
    return isinstance(error, BackfillUnfinishedError) and "revision" in error.fields


def _message(error: BaseException | None, run: WatchedRun) -> str:
    """Return the first line of an error, without the SQL that SQLAlchemy adds."""
    if error is None:
        return _NOT_DONE
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted by {signals.number_of(error).name}"
    if _is_hidden(error, run):
        return _HIDDEN
    if isinstance(error, ZdtError):
        return error.primary
    if isinstance(error, DBAPIError):
        return driver_errors.diagnostics(error).message.partition("\n")[0]
    text = error.args[0] if isinstance(error, SQLAlchemyError) and error.args else error
    return str(text).partition("\n")[0]


def _detail(error: ZdtError, run: WatchedRun) -> str:
    """Return the detail, which may name values of rows."""
    is_about_values = isinstance(error, DataError) and not run.shows_queries
    return "" if is_about_values or _is_hidden(error, run) else error.detail


def _is_hidden(error: BaseException, run: WatchedRun) -> bool:
    """Check whether the text may repeat a value of a statement, and must not."""
    if run.shows_queries:
        return False
    if not isinstance(error, ZdtError):
        return not _is_about_the_connection(error)
    cause = error.__cause__ or error.__context__
    while isinstance(cause, ZdtError):
        cause = cause.__cause__ or cause.__context__
    return isinstance(cause, DBAPIError) and not _is_about_a_lock(cause)


def _is_about_a_lock(error: DBAPIError) -> bool:
    """Check whether the server has ended a wait or the session, in fixed words."""
    state = driver_errors.diagnostics(error).sqlstate
    return state.startswith(_OF_WAITS) or driver_errors.is_disconnect(error)


def _is_about_the_connection(error: BaseException) -> bool:
    """Check whether a driver failed without a statement, whose text it might repeat.

    A trigger that was deferred fails at the commit, and has a SQLSTATE.
    """
    if not isinstance(error, DBAPIError) or error.statement is not None:
        return False
    state = driver_errors.diagnostics(error).sqlstate
    return not state or state.startswith(_OF_CONNECTIONS)


def _is_of_run(environment: EnvironmentContext) -> bool:
    if environment.is_offline_mode():
        return False
    steps = environment.context_opts.get("fn")
    return contexts.is_function_of_runs(steps) or _is_of_program(steps)


def _is_of_program(steps: Any) -> bool:
    """Check whether ``api.upgrade()`` or ``api.downgrade()`` has made *steps*."""
    place = (getattr(steps, "__module__", ""), getattr(steps, "__name__", ""))
    return place == ("alembic_zdt.env.programmatic", "steps")


def _settings(
    environment: EnvironmentContext, context: MigrationContext | None
) -> Settings:
    """Return the settings as far as they are known; the cautious ones otherwise."""
    try:
        if context is not None:
            return settings_of(context)
        found = Settings.from_sources(*raw_settings_before_context(environment))
    except ZdtError:  # the code that needs the settings reports it
        found = Settings()
    return replace(found, show_queries=False)  # env.py may have set it


def _notify(
    environment: EnvironmentContext, run: WatchedRun, settings: Settings
) -> None:
    if settings.notify_url and not is_silent():
        from alembic_zdt.notifications.webhook import Webhook  # noqa: PLC0415  # rare

        webhooks = vars(environment).setdefault(_WEBHOOKS, [])
        webhooks.append(Webhook(settings.notify_url, run.id))


def _direction(step: Any) -> Direction:
    return "upgrade" if step.is_upgrade else "downgrade"


def _place(connection: Connection) -> tuple[str, str]:
    """Return the names of database and server, as the URL or the driver knows them."""
    url, info = connection.engine.url, _driver_info(connection)
    known: tuple[Any, ...] = (url.host, url.port, url.database)
    names = ("host", "port", "dbname")
    host, port, database = (
        str(given or getattr(info, name, None) or "")
        for given, name in zip(known, names, strict=True)
    )
    return database, f"{host}:{port}" if port else host


def _passwords(connection: Connection) -> tuple[str, ...]:
    known = {
        str(connection.engine.url.password or ""),
        str(getattr(_driver_info(connection), "password", "") or ""),
        os.environ.get("PGPASSWORD", ""),
    }
    known |= {quote(each, safe="") for each in known}
    return tuple(sorted(known - {""}, key=len, reverse=True))


def _driver_info(connection: Connection) -> Any:
    """Return what psycopg knows of a connection that was made without a URL."""
    driver = connection.connection.driver_connection
    return getattr(driver, "info", None)
