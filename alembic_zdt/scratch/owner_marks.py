"""The mark of a scratch database: a comment that names its maker, and a lock.

The maker holds an advisory lock as long as it lives.  The server ends the session, and
with it the lock, when the process ends, also after SIGKILL.  So a database whose lock
is free is an orphan.  ``pg_locks`` shows the locks of all databases to every role.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal, quote
from alembic_zdt.scratch.database_sessions import over

VERSION = 1
"""The version of the comment's text."""

_BITS = 62
_MARK = re.compile(
    r"alembic-zdt scratch 1: made by (.+) on (.*), process (\d+), at (\S+), lock (\d+)"
)
_ANY_VERSION = re.compile(r"alembic-zdt scratch (\d+):")
# PostgreSQL 12 and 13 do not have the setting.
_STAY = """
SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
WHERE name = 'idle_session_timeout'"""


@dataclass(frozen=True)
class Mark:
    """The maker of a scratch database.

    Attributes:
        maker: the program, for example ``rehearse``.
        host: its machine.
        process: its process there.
        made_at: when it began, in ISO 8601.
        lock: the key of its advisory lock.
    """

    maker: str
    host: str
    process: int
    made_at: str
    lock: int

    @property
    def words(self) -> str:
        """Return the maker in words."""
        return (
            f"made by {self.maker} on {self.host}, process {self.process}, at "
            f"{self.made_at}"
        )

    def on(self, database: str) -> str:
        """Return the statement that marks a database."""
        text = f"alembic-zdt scratch {VERSION}: {self.words}, lock {self.lock}"
        return f"COMMENT ON DATABASE {quote(database)} IS {literal(text)}"


def mark_in(comment: str | None) -> Mark | None:
    """Return the mark in the comment of a database, None if it has none."""
    found = _MARK.fullmatch(comment or "")
    if found is None:
        return None
    maker, host, process, made_at, lock = found.groups()
    return Mark(maker, host, int(process), made_at, int(lock))


def is_newer_mark(comment: str | None) -> bool:
    """Check whether a later version of this package has written the comment."""
    found = _ANY_VERSION.match(comment or "")
    return found is not None and int(found[1]) > VERSION


class MakerLock:
    """The lock of one maker, in a session of its own.

    Args:
        server: the URL of a database of the server.
        maker: the program.
    """

    def __init__(self, server: str, maker: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        key = secrets.randbits(_BITS)
        self.mark = Mark(maker, platform.node(), os.getpid(), now, key)
        self._server = server
        self._is_held, self._is_over = threading.Event(), threading.Event()
        self._failures: list[BaseException] = []
        # The end of the process does not wait for it.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def take(self) -> None:
        """Take the lock.

        Raises:
            CannotConnectError: the server does not answer.
        """
        self._thread.start()
        self._is_held.wait()
        if self._failures:
            raise self._failures[0]

    def release(self) -> None:
        """End the session that holds the lock."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            over(self._server, self._hold)
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            self._failures.append(error)
        finally:
            self._is_held.set()

    def _hold(self, connection: Connection) -> None:
        database = Database(connection)
        database.rows(_STAY)
        database.rows(f"SELECT pg_catalog.pg_advisory_lock({self.mark.lock})")
        self._is_held.set()
        self._is_over.wait()
