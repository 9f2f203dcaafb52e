"""Hold for as long as a function of the user asks for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.throttles.throttle import Moment, Throttle


@dataclass(frozen=True)
class Pulse:
    """The state of a backfill that is passed to the caller's throttle.

    Attributes:
        name: the name of the backfill.
        rows_done: the number of rows that this process has done.
        connection: a connection in autocommit mode; for queries, not for changes.
    """

    name: str
    rows_done: int
    connection: Connection


ThrottleFunction = Callable[[Pulse], float | None]
"""Function that returns the seconds until its next call, 0 or None to go on."""


def load(path: str | None) -> ThrottleFunction | None:
    """Return the function of ``package.module:function``, None for an empty path.

    Raises:
        UsageError: there is no such function.
    """
    if not path:
        return None
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise _not_found(path, str(error)) from error
    if not callable(found):
        raise _not_found(path, "it is not callable")
    return found  # type: ignore[no-any-return]


def _not_found(path: str, why: str) -> UsageError:
    return UsageError(
        f'cannot load the throttle "{path}"',
        detail=f"Python reported: {why}.",
        hint='Name a function that can be imported, as in throttle="app.load:rest".',
    )


class AskedFunction(Throttle):
    """A function that is asked between two batches.

    Args:
        database: the connection that the function gets.
        work: the name of the backfill.
        function: the function.
    """

    name: ClassVar[str] = "the throttle of the revision"
    every: ClassVar[float] = 0.0

    def __init__(
        self, database: Database, work: str, function: ThrottleFunction
    ) -> None:
        super().__init__(database)
        self._work = work
        self._function = function

    def look(self, moment: Moment) -> str:
        """Ask the function, and wait for as long as it says."""
        pulse = Pulse(self._work, moment.rows_done, self._database.connection)
        rest = self._function(pulse)
        if not rest:
            return ""
        self._database.sleep(float(rest))
        return "the throttle of the revision asks for it"

    def reason(self, moment: Moment) -> str:
        """Ask each time: how long to wait is the function's own choice."""
        return self.look(moment)
