"""Stop a CONCURRENTLY statement or a VALIDATE while it runs.

A session that is busy, not idle in a transaction, holds a lock on the table.  The
runner waits outside for idle ones only, so its statement starts, and stands in the
door until the block ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from tests.support.db import Db, quoted
from tests.support.interruption import end_backend
from tests.support.waiting import wait_until


@contextlib.contextmanager
def door_held(db: Db, table: str, mode: str = "ROW EXCLUSIVE") -> Iterator[None]:
    """Keep a lock on the table for as long as the block lasts."""
    held = f"BEGIN; LOCK TABLE {quoted(table)} IN {mode} MODE; SELECT pg_sleep(3600)"
    with db.background(held) as job:
        sleeping = (
            "EXISTS (SELECT FROM pg_stat_activity"
            " WHERE pid = %s AND wait_event = 'PgSleep')"
        )
        db.wait_until(sleeping, job.pid)
        try:
            yield
        finally:
            end_backend(db, job.pid)


class Migration(Protocol):
    """A migration that runs beside the test."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""

    @property
    def said(self) -> str:
        """What it said, once it has ended."""


def backend_in_the_door(db: Db, start: str, running: Migration | None = None) -> int:
    """The pid of the backend whose statement *start*... waits for a lock."""
    found: list[int] = []

    def is_there() -> bool:
        if running is not None and not running.is_running:
            raise AssertionError(running.said)
        found[:] = db.column(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND starts_with(query, %s) AND wait_event_type = 'Lock'",
            start,
        )
        return len(found) == 1

    wait_until(is_there, f"{start} waits for a lock", timeout=120)
    return found[0]


def wait_for_query(db: Db, part: str, running: Migration | None = None) -> None:
    """Return when a session's last query contains *part*."""

    def is_there() -> bool:
        if running is not None and not running.is_running:
            raise AssertionError(running.said)
        return db.is_true(
            "SELECT count(*) > 0 FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND strpos(query, %s) > 0",
            part,
        )

    wait_until(is_there, f"somebody runs {part}", timeout=120)
