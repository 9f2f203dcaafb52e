"""The advisory lock that lets one process migrate at a time.

Pods that start together all find the same revisions pending.  The one that gets the
advisory lock runs them.  The others try again until it is free, and then find nothing
to do.  The lock belongs to the session that migrates, and ends with it.  No session
waits *in* the lock: it would have a snapshot, for which an index build waits.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog import advisory
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.keepalives import server_settings
from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.notices import Notices
from alembic_zdt.runner.pooler import refuse_transaction_pooling
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.runner.session_settings import MAY_REST, session_settings
from alembic_zdt.runner.subject_lock import MIGRATION_LOCK
from alembic_zdt.settings import Settings, seconds

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

CLASS = MIGRATION_LOCK
"""The first of the lock's two numbers, different from that of operations' turns."""

_POLL = 0.2
_TRIES_TO_RELEASE = 2


@contextmanager
def one_at_a_time(context: MigrationContext) -> Iterator[None]:
    """Run the body, but first wait while another process migrates.

    There is no wait if the run has no steps, or if ``migration_lock`` is off.

    Raises:
        LockNotAvailableError: another process migrated until the deadline.
        UnsupportedServerError: a pooler in transaction mode would lose the lock.
    """
    connection, settings = context.connection, settings_of(context)
    if connection is None or contexts.changes_nothing(context):
        yield
        return
    if not settings.migration_lock or not contexts.has_steps(context):
        connection.commit()
        yield
        return
    refuse_transaction_pooling(connection, run_state(context))
    with _noticed_when_gone(connection):
        lock = _MigrationLock.of(context, connection)
        is_held = _acquired(lock, context, settings)
        try:
            yield
        finally:
            if is_held:
                lock.release()


@contextmanager
def _noticed_when_gone(connection: Connection) -> Iterator[None]:
    """Let the server end the session and its lock if this process vanishes."""
    try:
        wanted = (MAY_REST, *server_settings())
        with session_settings(Database(connection), wanted):
            connection.commit()
            try:
                yield
            finally:
                _end_transaction(connection)
    finally:
        with suppress(SQLAlchemyError):
            connection.commit()


def _end_transaction(connection: Connection) -> None:
    """Roll back a failed transaction, because no setting could be restored in it."""
    with suppress(SQLAlchemyError):
        if connection.in_transaction():
            connection.rollback()


@dataclass(frozen=True)
class _MigrationLock:
    """An advisory lock for one table ``alembic_version``.

    Attributes:
        connection: the connection of the migrations; no transaction is left open on it.
        key: the two numbers of the lock.
    """

    connection: Connection
    key: str

    @classmethod
    def of(cls, context: MigrationContext, connection: Connection) -> _MigrationLock:
        """Return the lock of the version table that the run uses."""
        table = QualifiedName(context.version_table, context.version_table_schema)
        there = (
            "SELECT n.nspname::text FROM pg_catalog.pg_class c"  # noqa: S608
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE c.oid = {table.regclass}"
        )
        place = literal(table.schema) if table.schema else "pg_catalog.current_schema()"
        found = Database(connection).value(f"SELECT coalesce(({there}), {place})")
        connection.commit()
        name = f"{found}.{context.version_table}".encode()
        return cls(connection, f"{CLASS}, {zlib.crc32(name) - 2**31}")

    def try_it(self) -> bool:
        """Try to take the lock, and return whether it succeeded."""
        return self._ask(f"SELECT {advisory.take(self.key)}") is True

    def release(self) -> None:
        """Release the lock, unless its session is gone.

        Another session may cancel the statement, and the caller's session lives on.
        """
        for _ in range(_TRIES_TO_RELEASE):
            if self.connection.invalidated:
                return  # a question would wait for a new connection to a lost server
            try:
                if self.connection.in_transaction():
                    self.connection.rollback()
                self._ask(f"SELECT {advisory.release(self.key)}")
            except SQLAlchemyError as error:
                log.debug("could not release the migration lock: %s", error)
            else:
                return

    def holder(self, *, show_query: bool) -> str:
        """Describe the session that has the lock."""
        rows = Database(self.connection).rows(advisory.holder(self.key))
        self.connection.commit()
        if not rows:
            return "it has ended just now"
        words, activity = rows[0]
        return f"{words}, {activity}" if show_query and activity else str(words)

    def _ask(self, query: str) -> Any:
        found = Database(self.connection).value(query)
        self.connection.commit()
        return found


def _acquired(
    lock: _MigrationLock, context: MigrationContext, settings: Settings
) -> bool:
    """Wait for the lock, and return False if another process ran all revisions."""
    began = time.monotonic()
    notices = Notices(settings, at_once=True)
    while not lock.try_it():
        if time.monotonic() - began > settings.migration_lock_deadline.total_seconds():
            raise _gave_up(lock, settings)
        if notices.is_due():
            holder = lock.holder(show_query=settings.show_queries)
            notices.say(f"another process migrates this database: {holder}")
        Database(lock.connection).sleep(_POLL)
        if not contexts.has_steps(context):
            lock.connection.commit()
            return False
        lock.connection.commit()
    return True


def _gave_up(lock: _MigrationLock, settings: Settings) -> LockNotAvailableError:
    holder = lock.holder(show_query=settings.show_queries)
    return LockNotAvailableError(
        "another process migrates this database",
        detail=f"Waited {seconds(settings.migration_lock_deadline)} for it: {holder}.",
        hint="Wait until the other process has ended, or end it. To wait longer, pass "
        "-x zdt.migration_lock_deadline=30min.",
    )
