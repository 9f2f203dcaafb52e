"""Programs of both drivers that know the new name alone, until standard input ends.

    python benchmarks/dual_write_load.py DSN ROWS PROGRAMS

Each of them prepares its statements and sends one after the other.  Prints a line as
soon as all of them have sent some, and in the end JSON: for each statement when it was
finished, how many milliseconds it took, and what it was told.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import threading
import time

import asyncpg
import psycopg

STATEMENTS = (
    "SELECT id, mail, credit FROM accounts WHERE id = {}",
    "UPDATE accounts SET mail = 'y' || mail WHERE id = {}",
    "UPDATE accounts SET credit = credit + 1 WHERE id = {}",
    (
        "INSERT INTO accounts (id, mail) VALUES ({}, 'new')"
        " ON CONFLICT (id) DO UPDATE SET mail = EXCLUDED.mail"
    ),
)
ENOUGH = 20


class Load:
    """What the programs share."""

    def __init__(self, dsn: str, rows: int) -> None:
        self.dsn, self.rows = dsn, rows
        self.stop = threading.Event()
        self.samples: list[tuple[float, float, str]] = []

    def note(self, began: float, error: str = "") -> None:
        """One statement is finished."""
        now = time.monotonic()
        self.samples.append((now, (now - began) * 1000, error))

    def row(self) -> int:
        """Any of them, and now and then a new one."""
        return random.randint(1, self.rows + self.rows // 100)  # no secret


def with_psycopg(load: Load) -> None:
    """Run a program with server-side prepared statements."""
    with psycopg.connect(load.dsn, autocommit=True) as connection:
        for statement in itertools.cycle(STATEMENTS):
            if load.stop.is_set():
                return
            began, error = time.monotonic(), ""
            try:
                connection.execute(
                    statement.format("%s::bigint"), [load.row()], prepare=True
                )
            except psycopg.Error as refused:
                error = f"psycopg {refused.sqlstate}"
            load.note(began, error)


async def with_asyncpg(load: Load) -> None:
    """Run a program whose driver caches prepared statements by itself."""
    connection = await asyncpg.connect(load.dsn)
    try:
        for statement in itertools.cycle(STATEMENTS):
            if load.stop.is_set():
                return
            began, error = time.monotonic(), ""
            try:
                await connection.fetch(statement.format("$1"), load.row())
            except asyncpg.PostgresError as refused:
                error = f"asyncpg {refused.sqlstate}"
            load.note(began, error)
    finally:
        await connection.close()


async def all_with_asyncpg(load: Load, programs: int) -> None:
    """In one event loop, as a server has them."""
    await asyncio.gather(*(with_asyncpg(load) for _ in range(programs)))


def main() -> None:
    """Run until nobody listens any more."""
    dsn, rows, programs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    load = Load(dsn, rows)
    threads = [
        threading.Thread(target=with_psycopg, args=[load]) for _ in range(programs)
    ]
    loop = asyncio.run, [all_with_asyncpg(load, programs)]
    threads.append(threading.Thread(target=loop[0], args=loop[1]))
    for thread in threads:
        thread.start()
    while len(load.samples) < ENOUGH * programs:
        time.sleep(0.01)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    load.stop.set()
    for thread in threads:
        thread.join()
    json.dump(load.samples, sys.stdout)


if __name__ == "__main__":
    main()
