"""Explain a server's error in the terms of the directive that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import (
    ConnectionLostError,
    DependentObjectsError,
    LockNotAvailableError,
    StatementFailedError,
    StatementTimeoutError,
    UndefinedObjectError,
    WrongObjectTypeError,
    ZdtError,
)
from alembic_zdt.runner.blockers import RUN_AGAIN
from alembic_zdt.settings import Settings, seconds
from alembic_zdt.steps import Diagnostics, Explanation


def explained(
    error: DBAPIError,
    purpose: str,
    settings: Settings,
    explain: Mapping[str, Explanation] | None = None,
    left: str = "",
) -> ZdtError:
    """Return this package's error for an error of the server or the network.

    Args:
        error: the error, as SQLAlchemy raised it.
        purpose: the purpose of the step, for example ``build index "ix"``.
        settings: the timeouts that were in force.
        explain: the step's own explanations, by SQLSTATE.
        left: a sentence on what the step has left half-done.
    """
    if driver_errors.is_disconnect(error):
        return connection_lost(error, purpose)
    found = driver_errors.diagnostics(error)
    if explain and found.sqlstate in explain:
        return explain[found.sqlstate](found)
    if found.sqlstate == driver_errors.QUERY_CANCELED:
        return _ended(error, purpose, settings, left)
    general = _GENERAL.get(found.sqlstate, _failed)
    return general(found, purpose, settings)


_STEP_GOES_ON = (
    "The server may still be running the step. The next run repairs what the step left "
    "unfinished."
)


def connection_lost(
    error: DBAPIError, purpose: str, known: str = _STEP_GOES_ON
) -> ConnectionLostError:
    """Build the error for a backend or a network that is gone.

    Args:
        error: the error of SQLAlchemy.
        purpose: the purpose of the statement.
        known: sentences on what is done, or left half-done.
    """
    said = " ".join(str(error.orig).split())[:200].rstrip(".")
    return ConnectionLostError(
        f"lost the connection to the server: could not {purpose}",
        detail=f"The driver reported: {said}. {known}".rstrip(),
        hint=f"When the server is reachable, {RUN_AGAIN}",
    )


def run_ended(error: DBAPIError, purpose: str) -> ZdtError:
    """Build the error for a lost connection, or for a cancel by another session."""
    if driver_errors.is_disconnect(error):
        return connection_lost(error, purpose)
    return cancelled(driver_errors.diagnostics(error), purpose)


def cancelled(
    found: Diagnostics, purpose: str, known: str = ""
) -> StatementTimeoutError:
    """Build the error for a statement that ``pg_cancel_backend`` has ended.

    Args:
        found: the server's message.
        purpose: the purpose of the statement.
        known: sentences on what is done, or left half-done.
    """
    return StatementTimeoutError(
        f"could not {purpose}: it was cancelled by another session",
        detail=f"The server reported: {found.message}. {known}".strip(),
        hint=f"{RUN_AGAIN.capitalize()}",
    )


@contextmanager
def ends_explained(purpose: str) -> Iterator[None]:
    """Raise this package's error if the body loses its connection or is cancelled.

    Args:
        purpose: the purpose of the statement.

    Raises:
        ConnectionLostError: the backend or the network is gone.
        StatementTimeoutError: another session has cancelled the statement.
    """
    try:
        yield
    except DBAPIError as error:
        if not driver_errors.ends_run(error):
            raise
        raise run_ended(error, purpose) from error


def _ended(
    error: DBAPIError, purpose: str, settings: Settings, left: str
) -> StatementTimeoutError:
    found, limit = driver_errors.diagnostics(error), settings.statement_timeout
    if driver_errors.is_cancel(error):
        return cancelled(found, purpose, left)
    words = f" ({seconds(limit)})" if limit else ""
    return StatementTimeoutError(
        f"could not {purpose}: it was ended by statement_timeout{words}",
        detail=f"The server reported: {found.message}. {left}".strip(),
        hint=f"Raise statement_timeout if it was too short, then {RUN_AGAIN}",
    )


def _locked(found: Diagnostics, purpose: str, settings: Settings) -> ZdtError:
    return LockNotAvailableError(
        f"could not {purpose}: the lock was not free",
        detail=f"The server reported: {found.message}. The step waited "
        f"{seconds(settings.lock_deadline)}, which stalled neither reads nor writes.",
        hint=f"Wait until the other session is done or raise lock_deadline, then "
        f"{RUN_AGAIN}",
    )


def _deadlocked(found: Diagnostics, purpose: str, _settings: Settings) -> ZdtError:
    return LockNotAvailableError(
        f"could not {purpose}: the step and another session waited for each other",
        detail=f"The server reported: {found.message}. {_sentence(found.detail)}",
        hint=f"Wait until the other session is done, then {RUN_AGAIN}",
    )


def _depended_on(found: Diagnostics, purpose: str, _settings: Settings) -> ZdtError:
    return DependentObjectsError(
        f"cannot {purpose}: other objects depend on it",
        detail=f"{_sentence(found.message)} {_sentence(found.detail)}".strip(),
        hint="First change or drop those objects, each in a step of its own.",
    )


def _as(
    error: type[ZdtError], hint: str, words: str = "could not"
) -> Callable[[Diagnostics, str, Settings], ZdtError]:
    """Return a function that passes on the server's message in this error."""

    def passed_on(found: Diagnostics, purpose: str, _settings: Settings) -> ZdtError:
        return error(
            f"{words} {purpose}: {found.message}",
            detail=f"{_sentence(found.detail)} SQLSTATE {found.sqlstate}.".strip(),
            hint=hint,
            sqlstate=found.sqlstate,
        )

    return passed_on


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words if not words or words.endswith(".") else f"{words}."


_failed = _as(StatementFailedError, f"Correct the cause, then {RUN_AGAIN}")
_undefined = _as(UndefinedObjectError, f"Correct the name, then {RUN_AGAIN}")
_wrong_type = _as(
    WrongObjectTypeError, "Name an object of the right kind.", words="cannot"
)
_GENERAL = {
    driver_errors.LOCK_NOT_AVAILABLE: _locked,
    driver_errors.DEADLOCK_DETECTED: _deadlocked,
    driver_errors.DEPENDENT_OBJECTS: _depended_on,
    driver_errors.WRONG_OBJECT_TYPE: _wrong_type,
    **dict.fromkeys(driver_errors.UNDEFINED, _undefined),
}
