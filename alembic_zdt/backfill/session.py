"""One connection, two kinds of statements: batches, and everything else.

The application may wait for what a batch has locked, so the server ends a batch that
lasts too long.  A question, the proof above all, makes nobody wait and may last.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from alembic_zdt.catalog.database import Database
from alembic_zdt.runner.keepalives import kept_alive, server_settings
from alembic_zdt.runner.session_settings import READ_COMMITTED, session_settings
from alembic_zdt.settings import Settings, milliseconds

_COMMITS_LATER = (
    "SELECT pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=)"
    " 'off'"
)
# Of the bound of the promise: a batch as a whole, and its wait for a row's lock.
_WHOLE_SHARE = 0.96
_QUEUE_SHARE = 0.25


class Session(Database):
    """A connection in autocommit mode, with the timeouts of a backfill.

    Args:
        connection: SQLAlchemy's.
        settings: the bound, and how long a question may last.
        batch_seconds: how long a batch should last.
    """

    def __init__(
        self, connection: Connection, settings: Settings, batch_seconds: float
    ) -> None:
        super().__init__(connection)
        bound = _WHOLE_SHARE * settings.lock_timeout.total_seconds()
        self.limit = max(bound, 2 * batch_seconds)
        self._for_questions = _timeouts(
            milliseconds(settings.statement_timeout) / 1000,
            milliseconds(settings.lock_deadline) / 1000,
        )
        self._limited_to: float | None = None
        self._round_trip = math.inf

    @contextmanager
    def opened(self, *, durable: bool) -> Iterator[None]:
        """While the body runs, what holds for all statements.

        Args:
            durable: whether a crash of the server must lose no batch.  Else it may
                lose the last ones: the journal, in the same transactions, knows.
                A failover to a standby may lose the last ones in any case.
        """
        wanted = [
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            ("idle_in_transaction_session_timeout", "0"),
            ("transaction_timeout", "0"),
            READ_COMMITTED,
            # Raise where a policy would hide rows from us.
            ("row_security", "off"),
            *server_settings(),
        ]
        if not durable or self.value(_COMMITS_LATER):
            wanted.append(("synchronous_commit", "off"))
        else:
            # The rows of a batch stay locked while its commit waits for a standby.
            wanted.append(("synchronous_commit", "local"))
        with kept_alive(self.connection), session_settings(self, wanted):
            super().rows(self._for_questions)
            self._limited_to = None
            yield

    def send_batch(
        self, block: str, outcome: str, limit: float | None = None
    ) -> tuple[str, float]:
        """Run a ``DO`` block within the limit, then ask for what it left behind.

        Args:
            block: the batch.
            outcome: the question.
            limit: seconds for this batch, default: as for all.

        Returns:
            That, and how many seconds the server was busy with the block: the way
            there and back, long as it may be, is not counted.
        """
        limit = limit or self.limit
        if self._limited_to != limit:
            super()._send(_timeouts(limit, _QUEUE_SHARE * self.limit)).close()
            self._limited_to = limit
        began = time.monotonic()
        super()._send(block).close()
        ended = time.monotonic()
        left = str(super()._send(outcome).scalar())
        self._round_trip = min(self._round_trip, time.monotonic() - ended)
        return left, max(0.0, ended - began - self._round_trip)

    def _send(self, sql: str) -> object:
        if self._limited_to is not None:
            super()._send(self._for_questions).close()
            self._limited_to = None
        return super()._send(sql)


def _timeouts(statement: float, lock: float) -> str:
    settings = {"statement_timeout": statement, "lock_timeout": lock}
    return "SELECT " + ", ".join(
        f"pg_catalog.set_config('{name}', '{max(0, round(1000 * seconds))}ms', false)"
        for name, seconds in settings.items()
    )
