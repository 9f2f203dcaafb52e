"""A thread that renews the lease of a target while its upgrade runs."""

from __future__ import annotations

import logging
import threading

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.events.redaction import without_passwords
from alembic_zdt.fleet.control_session import ControlSession
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.fleet.target_leases import TargetLeases

log = logging.getLogger("alembic_zdt")

_BEAT = 3.0
_LOGGERS = ("alembic.runtime.migration", "alembic_zdt")


class Heartbeat:
    """Renews a lease, and notes the step that runs, until the body ends.

    It uses the worker's own session, so it notices the loss of that session.

    Args:
        control: the worker's session of the control database.
        of: the run and the name of the worker.
        name: the target.
    """

    def __init__(self, control: ControlSession, of: tuple[str, str], name: str) -> None:
        self._control, self._of, self._name = control, of, name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._steps = _LastMessage()

    def __enter__(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._steps)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self._steps)
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT):
            try:
                if not self._control.ask(self._renew):
                    log.error("another worker has taken the target %s", self._name)
                    return
            except (CommandError, SQLAlchemyError) as error:
                log.warning("could not renew a lease: %s", error)

    def _renew(self, tables: RunTables) -> bool:
        return TargetLeases(tables, *self._of).renew(self._name, self._steps.text)


class _LastMessage(logging.Handler):
    """Keeps the last log line, as the step that runs."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, without passwords."""
        try:
            first = record.getMessage().partition("\n")[0]
        except Exception:  # noqa: BLE001  # as logging does with a wrong call
            self.handleError(record)
            return
        self.text = without_passwords(first, ())[:200]
