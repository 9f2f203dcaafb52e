"""Other people on the table: a report that reads for long, many short transactions."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import psycopg

from examples.shop.server import connect
from examples.shop.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

POOL_FACTOR = 3


class Reader:
    """A transaction that reads ``table`` and stays open for ``seconds``."""

    def __init__(self, url: str, table: str, seconds: float) -> None:
        self._connection = connect(url, application_name="report")
        self._table = table
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.ended: float | None = None

    def start(self) -> None:
        """Take the table's ACCESS SHARE lock and a snapshot, keep both."""
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self._connection.execute(f"SELECT id FROM {self._table} LIMIT 1")
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self._connection.execute("SELECT pg_sleep(%s)", [self._seconds])
            self._connection.execute("COMMIT")
        self.ended = time.monotonic()

    def stop(self) -> None:
        """End the transaction now if it still runs."""
        with contextlib.suppress(psycopg.Error):
            if self.ended is None:
                self._connection.cancel_safe()
        self._thread.join(5)
        self._connection.close()


@contextlib.contextmanager
def long_reader(url: str, table: str, seconds: float) -> Iterator[Reader]:
    """Hold ``table`` with one reading transaction while the block runs."""
    reader = Reader(url, table, seconds)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


@contextlib.contextmanager
def short_transactions(
    url: str, table: str, *, average: float, seconds: float, orders: int
) -> Iterator[None]:
    """Keep on average this many transactions of about ``seconds`` open on ``table``."""
    pool = int(average * POOL_FACTOR)
    crowd = Traffic(
        url,
        orders=orders,
        rate=average / seconds,
        connections=pool,
        hold_seconds=seconds,
        holds_table=table,
    )
    with crowd:
        time.sleep(2 * seconds)
        yield
