"""Send batches and other statements over one connection, with different timeouts.

The application may wait for rows that a batch has locked, so the server ends a batch
that lasts too long.  A query that only reads, such as the proof, blocks no session and
has no such limit.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import kept_alive, server_settings
from alembic_zdt.runner.session_settings import (
    MAY_REST,
    READ_COMMITTED,
    session_settings,
)
from alembic_zdt.settings import Settings, milliseconds

_COMMITS_LATER = (
    "SELECT pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=)"
    " 'off'"
)
# Shares of the bound: for a batch as a whole, and for its wait for a row's lock.
_WHOLE_SHARE = 0.96
_QUEUE_SHARE = 0.25
_LONGEST_PAUSE = "1min"
# A network that is slow now and then is not slow so many times in a row.
_REMEMBERED = 4


class Session(Database):
    """A connection in autocommit mode, with the timeouts of a backfill.

    Args:
        connection: SQLAlchemy's connection.
        settings: the settings: ``lock_timeout``, and how long a query may last.
        batch_seconds: the seconds that a transaction should last.
    """

    def __init__(
        self, connection: Connection, settings: Settings, batch_seconds: float
    ) -> None:
        super().__init__(connection)
        bound = _WHOLE_SHARE * settings.lock_timeout.total_seconds()
        self.limit = max(bound, 2 * batch_seconds)
        for_questions = _timeouts(
            milliseconds(settings.statement_timeout) / 1000,
            milliseconds(settings.lock_deadline) / 1000,
        )
        self._for_questions = _setting(for_questions)
        self._limited_to: float | None = None
        self._is_in_batch = False
        self._under_way = math.inf
        self._recent: deque[float] = deque(maxlen=_REMEMBERED)

    @contextmanager
    def opened(self, *, durable: bool) -> Iterator[None]:
        """Set the parameters for all statements while the body runs.

        Args:
            durable: whether a crash of the server must lose no batch.  Else it may
                lose the last ones, and their rows of the journal with them.
                A failover to a standby may lose the last ones in any case.
        """
        wanted = [
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            # Other workers wait for rows of the journal that a stopped process locked.
            ("idle_in_transaction_session_timeout", _LONGEST_PAUSE),
            ("transaction_timeout", "0"),
            READ_COMMITTED,
            MAY_REST,
            # Raise an error where a policy would hide rows.
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
        """Run a ``DO`` block within the limit, then read its outcome.

        Args:
            block: the batch.
            outcome: the query for it; the last part of its answer is how many seconds
                the block lasted.
            limit: seconds for this batch, default: the limit of all batches.

        Returns:
            The outcome, and how many seconds the server was busy with the block and
            its commit.  The time on the network is not counted.
        """
        limit = limit or self.limit
        limits = _timeouts(limit, _QUEUE_SHARE * self.limit)
        if self._limited_to != limit and not self.splits_statements:
            super()._send(_setting(limits)).close()
            self._limited_to = limit
        began = time.monotonic()
        self._run(block, limits)
        took = time.monotonic() - began
        left, busy = str(super()._send(outcome).scalar()).rsplit(" ", 1)
        return left, self._with_commit(float(busy), took)

    def _run(self, block: str, limits: Mapping[str, str]) -> None:
        self._is_in_batch = True
        try:
            self.execute(block, limits)
        finally:
            self._is_in_batch = False

    def _with_commit(self, busy: float, took: float) -> float:
        """Return the seconds of a block and of its commit, which no query can read."""
        beyond = max(0.0, took - busy)
        self._under_way = min(self._under_way, beyond)
        self._recent.append(beyond)
        return busy + min(self._recent) - self._under_way

    def on_the_server(self, took: float) -> float:
        """Return an upper bound for the server's part of the client's waiting time."""
        return took if math.isinf(self._under_way) else max(0.0, took - self._under_way)

    def _send(self, sql: str, options: Mapping[str, Any] | None = None) -> Any:
        if self._limited_to is not None and not self._is_in_batch:
            super()._send(self._for_questions).close()
            self._limited_to = None
        return super()._send(sql, options)


def _timeouts(statement: float, lock: float) -> dict[str, str]:
    wanted = {"statement_timeout": statement, "lock_timeout": lock}
    return {
        name: f"{max(0, round(1000 * seconds))}ms" for name, seconds in wanted.items()
    }


def _setting(timeouts: Mapping[str, str]) -> str:
    return "SELECT " + ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', false)"
        for name, value in timeouts.items()
    )
