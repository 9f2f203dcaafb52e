"""What happens to a command at one of its changes, in the command's own process.

``env.py`` of a round calls ``begin()``.
"""

from __future__ import annotations

import os
import signal
from typing import Any

import psycopg
from sqlalchemy import Connection

from tests.support.interruption import Interruption, backend_pid, watching
from tests.support.waiting import wait_until

VARIABLE = "ZDT_STRESS"
ADMIN = "ZDT_STRESS_ADMIN"
SIGNALS = {
    "kill": signal.SIGKILL,
    "ctrl-c": signal.SIGINT,
    "sigterm": signal.SIGTERM,
}
_KEPT: list[Any] = []
GONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"


class BadLuck(Interruption):
    """A signal to this process, or the end of its backend.

    Args:
        what: a key of ``SIGNALS``, or ``backend``.
        at: the number of the change.
        moment: ``before`` or ``after`` it.
    """

    def __init__(self, what: str, at: int, moment: str) -> None:
        db: Any = None
        super().__init__(db, lambda number, *_: number == at, moment, kills=False)
        self._what = what

    def strike(self, connection: Connection) -> None:
        """Do it."""
        if self._what in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self._what])
        else:
            _end(backend_pid(connection))


def _end(pid: int) -> None:
    with psycopg.connect(os.environ[ADMIN], autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        wait_until(lambda: admin.execute(GONE, [pid]).fetchone() == (True,), "gone")


def begin() -> None:
    """Wait for the change that ``ZDT_STRESS`` names, as in ``kill:17:before``.

    The env.py of a command may run more than once.
    """
    given = os.environ.pop(VARIABLE, "")
    if given:
        what, at, moment = given.split(":")
        _KEPT.append(watching(BadLuck(what, int(at), moment)))
        _KEPT[0].__enter__()
