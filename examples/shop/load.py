"""The process that loads the shop: an open loop of requests at a fixed rate.

A closed loop (send, wait, send again) sends fewer requests while the database
stalls, and so hides the very stall it should measure ("coordinated omission").
Here request number *i* is due at ``start + i / rate`` whatever happened to the ones
before it, and it is late by whatever time it spends waiting, for a connection too.

Runs as a child of ``traffic.Traffic``: its settings arrive as one line of JSON on
standard input, its results go to a file, it ends when standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import signal
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psycopg

# One finished request: number, when it finished, was it a write, SQLSTATE or blanks.
RECORD = struct.Struct("<Id?5s")
NO_ERROR = b"     "
FLUSH_EVERY = 0.1


@dataclass(frozen=True)
class Settings:
    """What the parent asks for."""

    dsn: str
    results: str
    rate: float
    connections: int
    orders: int
    users: int
    hold_seconds: float = 0.0
    holds_table: str = "orders"


@dataclass(frozen=True)
class Request:
    """One statement of the application; ``share`` of 100 requests are this one."""

    share: int
    writes: bool
    sql: str


REQUESTS = (
    Request(35, False, "SELECT * FROM orders WHERE id = %(order)s"),
    Request(15, False, "SELECT id, email, last_seen FROM users WHERE id = %(user)s"),
    Request(20, True, "UPDATE orders SET status = 'paid' WHERE id = %(order)s"),
    Request(10, True, "UPDATE users SET last_seen = now() WHERE id = %(user)s"),
    Request(
        15,
        True,
        "INSERT INTO orders (user_id, total_cents, note)"
        " VALUES (%(user)s, %(order)s %% 1000, 'please ring twice')",
    ),
    Request(
        5,
        True,
        "INSERT INTO users (email, name)"
        " VALUES ('new' || gen_random_uuid() || '@example.org', 'New')",
    ),
)


class Load:
    """Workers with a connection each, fed by one clock."""

    def __init__(self, settings: Settings, output: BinaryIO) -> None:
        self._settings = settings
        self._output = output
        self._due: asyncio.Queue[tuple[int, Request]] = asyncio.Queue()
        self._random = random.Random(1)  # noqa: S311 (the same load every time)
        self._shares = [request.share for request in REQUESTS]

    async def run(self) -> None:
        """Open the connections, then send requests until standard input closes."""
        opening = (self._connect() for _ in range(self._settings.connections))
        connections = await asyncio.gather(*opening)
        workers = [asyncio.create_task(self._work(c)) for c in connections]
        clock = asyncio.create_task(self._tick())
        await asyncio.to_thread(sys.stdin.read)
        for task in (clock, *workers):
            task.cancel()
        await asyncio.gather(clock, *workers, return_exceptions=True)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._settings.dsn, autocommit=True, application_name="shop"
        )

    async def _tick(self) -> None:
        """Put every request into the queue at the moment it is due."""
        gc.freeze()
        gc.disable()
        start = time.monotonic() + 0.1
        sys.stdout.write(f"{start}\n")
        sys.stdout.flush()
        number, flushed, next_due = 0, start, start
        while True:
            now = time.monotonic()
            while next_due <= now:
                self._due.put_nowait((number, self._choose()))
                number += 1
                next_due = self._after(next_due, start, number)
            if now - flushed > FLUSH_EVERY:
                self._output.flush()
                flushed = now
            await asyncio.sleep(next_due - time.monotonic())

    def _after(self, last: float, start: float, number: int) -> float:
        """When the next one is due: requests by the clock, guests at random.

        Transactions that came in step would never leave a gap, and never a crowd.
        """
        if self._settings.hold_seconds:
            return last + self._random.expovariate(self._settings.rate)
        return start + number / self._settings.rate

    def _choose(self) -> Request:
        return self._random.choices(REQUESTS, self._shares)[0]

    async def _work(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            number, request = await self._due.get()
            if connection.closed:
                connection = await self._connect()
            error = await self._send(connection, request)
            self._output.write(
                RECORD.pack(number, time.monotonic(), request.writes, error)
            )

    async def _send(
        self, connection: psycopg.AsyncConnection, request: Request
    ) -> bytes:
        keys = {
            "order": self._random.randint(1, self._settings.orders),
            "user": self._random.randint(1, self._settings.users),
        }
        try:
            if self._settings.hold_seconds:
                await self._hold(connection)
            else:
                await connection.execute(request.sql, keys)
        except psycopg.Error as error:
            return (error.sqlstate or "08000").encode()
        return NO_ERROR

    async def _hold(self, connection: psycopg.AsyncConnection) -> None:
        """Be a transaction that reads the table and lasts a while (within 10 %)."""
        seconds = self._settings.hold_seconds * self._random.uniform(0.9, 1.1)
        async with connection.transaction():
            query = f"SELECT id FROM {self._settings.holds_table} LIMIT 1"
            await connection.execute(query)
            await asyncio.sleep(seconds)


def main() -> int:
    """Read the settings, run the load."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    settings = Settings(**json.loads(sys.stdin.readline()))
    with (
        Path(settings.results).open("ab") as output,
        contextlib.suppress(BrokenPipeError),
    ):
        asyncio.run(Load(settings, output).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
