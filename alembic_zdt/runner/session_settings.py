"""Set parameters of the session for a while, then restore them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.settings import Settings, milliseconds
from alembic_zdt.steps import Step

Parameters = Sequence[tuple[str, str]]

# Reads and writes under SERIALIZABLE make transactions of the application fail.  Under
# REPEATABLE READ a block does not see all that was committed before it got its locks.
READ_COMMITTED = ("default_transaction_isolation", "read committed")

# A run that holds the migration lock may be idle for long between two statements.
MAY_REST = ("idle_session_timeout", "0")

# A server on Windows has this parameter, but accepts only 0.
_TAKES_ITS_VALUE = {
    "client_connection_check_interval": " AND pg_catalog.version()"
    " OPERATOR(pg_catalog.!~) 'Visual C|msvc|mingw'"
}


@contextmanager
def session_settings(database: Database, wanted: Parameters) -> Iterator[None]:
    """Set the parameters while the body runs, then restore the old values.

    Args:
        database: the connection whose session is changed.
        wanted: pairs of name and value; a name that the server does not know is
            ignored.
    """
    before = _set(database, wanted)
    try:
        yield
    except BaseException:
        _restore_if_possible(database, before)
        raise
    _restore(database, before)


def _set(database: Database, wanted: Parameters) -> Parameters:
    """Set all parameters that the server knows, and return their old values."""
    parts = ", ".join(_setting(name, value) for name, value in wanted)
    (found,) = database.rows(f"SELECT {parts}")
    return [
        (name, old)
        for (name, _), old in zip(wanted, found[::2], strict=True)
        if old is not None
    ]


def _restore(database: Database, before: Parameters) -> None:
    if database.connection.invalidated:
        return
    if before:
        _set(database, before[::-1])


def _restore_if_possible(database: Database, before: Parameters) -> None:
    """Restore the values after a failure, unless the connection is lost.

    The end of a failed transaction restores them as well.
    """
    try:
        _restore(database, before)
    except DBAPIError as error:
        state = driver_errors.diagnostics(error).sqlstate
        is_failed = state == driver_errors.IN_FAILED_TRANSACTION
        if not (is_failed or driver_errors.is_disconnect(error)):
            raise


def _setting(name: str, value: str) -> str:
    """Return SQL for the old value, NULL if unknown, and for setting the new one."""
    old = f"pg_catalog.current_setting('{name}', true)"
    new = f"pg_catalog.set_config('{name}', {literal(value)}, false)"
    takes_it = _TAKES_ITS_VALUE.get(name, "")
    return f"{old}, CASE WHEN {old} IS NOT NULL{takes_it} THEN {new} END"


def long_timeouts(step: Step, settings: Settings) -> Parameters:
    """Return the parameters for a scan or a build, which blocks no other session."""
    limit, queue = milliseconds(settings.statement_timeout), 0
    # A lock_timeout would also end the waits inside a concurrent build, and leave an
    # INVALID index behind.
    if not step.waits_for_snapshots:
        queue = milliseconds(settings.lock_deadline)
    wanted = [("statement_timeout", f"{limit}ms"), ("lock_timeout", f"{queue}ms")]
    return [*wanted, *(_build_settings(settings) if step.build_settings else ())]


def _build_settings(settings: Settings) -> Parameters:
    """Return the parameters for memory and workers of an index build."""
    chosen = []
    if settings.maintenance_work_mem:
        memory = settings.maintenance_work_mem
        chosen.append(("maintenance_work_mem", memory))
    if settings.max_parallel_maintenance_workers >= 0:
        workers = str(settings.max_parallel_maintenance_workers)
        chosen.append(("max_parallel_maintenance_workers", workers))
    return chosen
