"""The errors of queued calls: those that pass, and those that a person must look at."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import (
    LockNotAvailableError,
    MigratedMeanwhileError,
    RevisionError,
    StatementTimeoutError,
    ZdtError,
)
from alembic_zdt.runner.explanations import explained
from alembic_zdt.settings import Settings

_AGAIN = re.compile(
    r"\b([Rr])un the same command again(?:; finished steps are skipped)?\."
)
_HIDDEN = "The detail is hidden, because show_queries is off."
# Rollbacks for concurrency, resources that are used up, objects in use, read-only.
_PASSING = ("40", "53", "55006", "25006")


class StoppedCallError(Exception):
    """A worker no longer has the call that it runs."""


class EarlyCallError(Exception):
    """A queued call may not begin any more: its window has closed, for example."""


def passes(error: ZdtError) -> bool:
    """Check whether a later try may succeed without a change of data or code."""
    if isinstance(error, LockNotAvailableError | MigratedMeanwhileError):
        return True
    cause = error.__cause__
    if not isinstance(cause, DBAPIError):
        return False
    if isinstance(error, StatementTimeoutError):
        return driver_errors.is_cancel(cause)  # not if its own timeout has ended it
    return driver_errors.diagnostics(cause).sqlstate.startswith(_PASSING)


def as_queued(error: ZdtError, name: str) -> ZdtError:
    """Return the error with a hint on how to try the call again.

    Args:
        error: the error of the call's run.
        name: the name of the call.
    """
    again = f"alembic-zdt queue retry {name}"
    hint = _AGAIN.sub(rf"\1un: {again}.", error.hint)
    if "alembic-zdt queue " not in hint:
        hint = f"{hint} Then run: {again}.".strip()
    found = type(error)(error.primary, detail=error.detail, hint=hint, **error.fields)
    found.__cause__ = error.__cause__
    return found


def stored_text(error: ZdtError, settings: Settings) -> str:
    """Return the text of an error for the queue, which other roles may read.

    Args:
        error: the error of a call.
        settings: the settings, which tell whether values of rows may be shown.
    """
    if settings.show_queries or not error.detail:
        return error.message
    hidden = type(error)(error.primary, detail=_HIDDEN, hint=error.hint)
    return hidden.message


def unexpected(error: Exception, name: str, settings: Settings) -> ZdtError:
    """Return this package's error for any other error of a call.

    Args:
        error: the error.
        name: the name of the call.
        settings: the timeouts that were in force.
    """
    purpose = f'run queued call "{name}"'
    if isinstance(error, ZdtError):
        return error
    if isinstance(error, DBAPIError):
        return explained(error, purpose, settings)
    return RevisionError(
        f"could not {purpose}: {type(error).__name__}",
        detail=" ".join(str(error).split())[:300],
        hint="Correct the cause.",
        name=name,
    )
