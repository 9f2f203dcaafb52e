"""``alembic-zdt wait``: wait until the database is ready for this code.

Use it in init containers and readiness checks.  With ``--compatible`` it returns when
the database has all that this code reads.  Then no *expand* and no *migrate* of the
code is pending.  Its backfills are finished, its twins are proven to be filled, and its
constraints are validated.  It does not wait for *contract*.  After a rollback of the
deploy, old code runs on a newer database until newer code has run a *contract*.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from alembic_zdt.alembic_compat import interception
from alembic_zdt.commands.compatibility import obstacles
from alembic_zdt.connection import driver_errors
from alembic_zdt.env.connections import connecting_within, is_unreachable
from alembic_zdt.env.programmatic import over
from alembic_zdt.errors import (
    CannotConnectError,
    NotReadyError,
    UsageError,
    ZdtError,
)
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.settings import duration

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection, Engine

log = logging.getLogger("alembic_zdt")

TIMEOUT = "5min"
_POLL = 1.0
_SHOWN = 5
_SHORTEST = 5.0
# Starting up, shutting down, too many connections, no such database yet.
_NOT_YET = ("57P03", "57P01", "53300", "3D000")


def wait(config: Config, timeout: str = TIMEOUT, *, compatible: bool = False) -> None:
    """Return as soon as the database is ready for this code.

    Args:
        config: Alembic's configuration.
        timeout: the longest wait, for example ``5min``; ``0s`` checks once.
        compatible: return when the database has all that this code reads.  Wait for
            *expand* and *migrate*, not for *contract*.  Accept a newer database, unless
            newer code has run a *contract*.

    Raises:
        NotReadyError: the database was not ready in time.
        UsageError: *timeout* is not a time.
    """
    waiting = Waiting(config, timeout, compatible)
    while waiting.is_not_ready():
        time.sleep(waiting.pause)


class Waiting:
    """A check that is repeated until the database is ready or the time is over.

    Args:
        config: Alembic's configuration.
        timeout: the longest wait.
        compatible: return when the database has all that this code reads.  Wait for
            *expand* and *migrate*, not for *contract*.  Accept a newer database, unless
            newer code has run a *contract*.

    Raises:
        UsageError: *timeout* is not a time.
    """

    def __init__(self, config: Config, timeout: str, compatible: bool) -> None:
        self._config, self._timeout, self._compatible = config, timeout, compatible
        self._allowed = _seconds(timeout)
        self._script = ScriptDirectory.from_config(config)
        self._began, self._said = time.monotonic(), ""
        self.pause = min(_POLL, self._allowed)

    def is_not_ready(self) -> bool:
        """Check the database once, and return whether to check again.

        Raises:
            NotReadyError: the time is over.
        """
        left = self.left
        with (
            connecting_within(self._config, left),
            interception.reading_heads_within(left),
        ):
            reason = _reason(self._config, self._script, compatible=self._compatible)
        return self.goes_on(reason) if reason else False

    def is_not_ready_over(self, given: Connection | Engine | None) -> bool:
        """Check the database once, over a program's connection if one is given."""
        with over(given, self._config):
            return self.is_not_ready()

    @property
    def left(self) -> float:
        """Return the seconds left, with a minimum for the last check."""
        spent = time.monotonic() - self._began
        return max(self._allowed - spent, _SHORTEST)

    def goes_on(self, reason: str) -> bool:
        """Log a new reason, and return True if time is left.

        Raises:
            NotReadyError: the time is over.
        """
        if time.monotonic() - self._began >= self._allowed:
            raise _not_ready(reason, self._timeout, compatible=self._compatible)
        if reason != self._said:
            self._said = reason
            log.info("waiting: %s", reason)
        return True


def _seconds(timeout: str) -> float:
    try:
        return _duration(timeout).total_seconds()
    except ValueError as error:
        raise UsageError(
            f'--timeout is "{timeout}"',
            detail=f"The value must be {error}.",
            hint="Write --timeout 5min.",
        ) from error


def _duration(timeout: str) -> timedelta:
    """Return the duration, and read ``5m`` as minutes, as Kubernetes and Helm do."""
    is_minutes = timeout.endswith("m") and timeout[:-1].isdigit()
    return duration(f"{timeout}in" if is_minutes else timeout)


def _reason(config: Config, script: ScriptDirectory, *, compatible: bool) -> str:
    """Return why the database is not ready, empty if it is."""

    def look(context: MigrationContext, heads: tuple[str, ...]) -> str:
        found = obstacles(script, heads, context) if compatible else _other(heads)
        return _joined(list(found))

    def _other(heads: tuple[str, ...]) -> Iterator[str]:
        wanted = script.get_heads()
        if set(heads) != set(wanted):
            yield f"the database is at {_listed(heads)}, expected is {_listed(wanted)}"

    try:
        return next(filter(None, looking_at_each(config, script, look)), "")
    except Exception as error:  # noqa: BLE001  # most of them are raised again
        return unreachable(error)


def _joined(reasons: Sequence[str]) -> str:
    more = len(reasons) - _SHOWN
    shown = "; ".join(reasons[:_SHOWN])
    return f"{shown}; and {more} more" if more > 0 else shown


def unreachable(error: Exception) -> str:
    """Return the reason for a database that may answer later, else raise the error."""
    if not _may_answer_later(error):
        raise error
    said = getattr(error, "detail", "") or getattr(error, "orig", None) or error
    words = " ".join(str(said).split()) or "it does not answer"  # TimeoutError()
    if _is_locked(error):
        return f"the version table is locked: {words}"
    return f"no connection: {words}"


def _is_locked(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    state = driver_errors.diagnostics(error).sqlstate
    return state == driver_errors.LOCK_NOT_AVAILABLE


def _may_answer_later(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        state = driver_errors.diagnostics(error).sqlstate
        is_lost = isinstance(error, OperationalError | InterfaceError)
        return (
            is_lost
            or _is_locked(error)
            or state in _NOT_YET
            or driver_errors.is_disconnect(error)
        )
    if isinstance(error, ZdtError):
        return isinstance(error, CannotConnectError)
    return not isinstance(error, SQLAlchemyError) and is_unreachable(error)


def _not_ready(reason: str, timeout: str, *, compatible: bool) -> NotReadyError:
    hint = (
        'Run "alembic-zdt upgrade --before-deploy", and "alembic-zdt backfill run" '
        "for queued backfills."
        if compatible
        else (
            "Run alembic-zdt upgrade, or pass --compatible if the code does not need "
            "the contracts."
        )
    )
    return NotReadyError(
        "the database is not ready for this code",
        detail=f"After {timeout}: {reason}.",
        hint=hint,
    )


def _listed(revisions: Sequence[str]) -> str:
    return ", ".join(sorted(revisions)) or "none"
