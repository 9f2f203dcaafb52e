"""Drop the scratch databases whose makers were killed.

https://www.postgresql.org/docs/current/sql-dropdatabase.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.databases import PREFIX
from alembic_zdt.scratch.dropping import drop_database
from alembic_zdt.scratch.owner_marks import is_newer_mark, mark_in

_DATABASES = """
SELECT datname::text, pg_catalog.shobj_description(oid, 'pg_database')
FROM pg_catalog.pg_database ORDER BY 1
"""
_LOCKS = """
SELECT (classid::int8 << 32) | objid::int8 FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
"""


@dataclass(frozen=True)
class ScratchState:
    """A database with the prefix of scratch databases, after the cleaning.

    Attributes:
        database: its name.
        is_dropped: whether it was dropped.
        reason: who made it, or why it was left.
        is_failure: whether dropping it has failed.
    """

    database: str
    is_dropped: bool
    reason: str
    is_failure: bool = False

    def __str__(self) -> str:
        done = "dropped" if self.is_dropped else "left"
        return f"{done} {self.database}: {self.reason}"


def drop_orphans(server: str) -> list[ScratchState]:
    """Drop each marked database whose maker is gone.

    Args:
        server: the URL of a database of the server.

    Raises:
        CannotConnectError: the server does not answer.
    """
    return over(server, lambda connection: list(_states(connection)))


def _states(connection: Connection) -> Iterator[ScratchState]:
    database = Database(connection)
    for name, comment in database.rows(_DATABASES):
        if not name.startswith(PREFIX):
            continue
        mark = mark_in(comment)
        # The mark comes first: a maker has its lock before it makes a database.
        if mark is not None and mark.lock not in _held(database):
            yield from _dropped(database, name, mark.words)
        elif mark is not None:
            yield ScratchState(name, False, f"in use, {mark.words}")
        elif is_newer_mark(comment):
            yield ScratchState(name, False, "a later version of alembic-zdt made it")
        else:
            yield ScratchState(name, False, "it has no mark of alembic-zdt")


def _held(database: Database) -> set[int]:
    return {key for (key,) in database.rows(_LOCKS)}


def _dropped(database: Database, name: str, words: str) -> Iterator[ScratchState]:
    """Drop a database, and yield nothing if another session has dropped it."""
    try:
        if not drop_database(database.connection, name):
            return
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        yield ScratchState(name, False, f"{words}: {reason}", is_failure=True)
    else:
        yield ScratchState(name, True, words)
