"""How others get ACCESS EXCLUSIVE, for comparison on the same table and load.

Each strategy runs one statement on its own connection and returns whether it
succeeded before the deadline (``time.monotonic()``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeAlias

import psycopg
from psycopg.errors import LockNotAvailable

from examples.shop import server

Strategy: TypeAlias = Callable[[psycopg.Connection, str, float], bool]


def fixed_timeout(
    connection: psycopg.Connection, statement: str, deadline: float
) -> bool:
    """``lock_timeout`` of 1 s, the next try 2 s later."""
    connection.execute("SET lock_timeout = '1s'")
    return _retry(connection, statement, deadline, lambda _: 2.0)


def backoff(connection: psycopg.Connection, statement: str, deadline: float) -> bool:
    """``lock_timeout`` of 500 ms, exponential backoff from 1 s to 1 min, full jitter.

    The pause before try *n* is random between 0 and ``min(2**n, 60)`` seconds, as
    pgroll does it.
    """
    connection.execute("SET lock_timeout = '500ms'")
    return _retry(
        connection,
        statement,
        deadline,
        lambda tries: random.uniform(0, min(2.0**tries, 60.0)),
    )


def nowait(connection: psycopg.Connection, statement: str, deadline: float) -> bool:
    """``LOCK TABLE ... NOWAIT`` every 5 ms."""
    while time.monotonic() < deadline:
        try:
            with connection.transaction():
                connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE NOWAIT")
                connection.execute(statement)
        except LockNotAvailable:
            time.sleep(0.005)
        else:
            return True
    return False


STRATEGIES: dict[str, Strategy] = {
    "1 s timeout": fixed_timeout,
    "500 ms backoff": backoff,
    "NOWAIT": nowait,
}


def run(name: str, url: str, statement: str, seconds: float) -> bool:
    """Run one strategy, at most about ``seconds``."""
    with server.connect(url, application_name="migration") as connection:
        return STRATEGIES[name](connection, statement, time.monotonic() + seconds)


def _retry(
    connection: psycopg.Connection,
    statement: str,
    deadline: float,
    pause: Callable[[int], float],
) -> bool:
    tries = 0
    while time.monotonic() < deadline:
        try:
            connection.execute(statement)
        except LockNotAvailable:
            time.sleep(max(0.0, min(pause(tries), deadline - time.monotonic())))
            tries += 1
        else:
            return True
    return False
