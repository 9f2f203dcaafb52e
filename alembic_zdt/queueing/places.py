"""The places of a server, of which each running call of a queue needs one.

A place is an advisory lock that sessions share.  PostgreSQL lists the locks of all
databases, so that the workers of several databases can be counted, and it releases the
lock of a session that ends.
https://www.postgresql.org/docs/current/view-pg-locks.html
"""

from __future__ import annotations

from alembic_zdt.connection.database import Database
from alembic_zdt.runner.subject_lock import MARK

_PLACE = int.from_bytes(b"zdp", "big")
_KEY = f"{MARK}, {_PLACE}"


def take_place(database: Database, most: int) -> bool:
    """Take a place of the server, and return whether one was free.

    Args:
        database: the worker's connection.
        most: the number of places.
    """
    # The lock first, then the count: two sessions cannot both find the last place free.
    # Any role may hold the lock alone, and would keep a worker that waits for it.
    if not database.holds(f"pg_catalog.pg_try_advisory_lock_shared({_KEY})"):
        return False
    taken = database.value(
        "SELECT count(*) FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory'"
        f" AND l.classid = {MARK} AND l.objid = {_PLACE} AND l.objsubid = 2"
        " AND l.granted"
    )
    if int(taken) <= most:
        return True
    leave_place(database)
    return False


def leave_place(database: Database) -> None:
    """Give the place back."""
    database.rows(f"SELECT pg_catalog.pg_advisory_unlock_shared({_KEY})")
