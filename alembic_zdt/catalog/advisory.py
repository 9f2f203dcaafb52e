"""Advisory locks of two numbers, which a session holds until it releases them.

A key is SQL for both numbers: ``"1, 2"``.

https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
"""

from __future__ import annotations


def take(key: str) -> str:
    """Return SQL that takes the lock, and is false if another session has it."""
    return f"pg_catalog.pg_try_advisory_lock({key})"


def keep_until_commit(key: str) -> str:
    """Return SQL that also holds this session's lock until its transaction ends."""
    return f"pg_catalog.pg_advisory_xact_lock({key})"


def release(key: str) -> str:
    """Return SQL that releases the lock."""
    return f"pg_catalog.pg_advisory_unlock({key})"


def holder(key: str) -> str:
    """Return the query for the session that holds the lock, and its last statement."""
    first, second = map(int, key.split(", "))
    return (
        "SELECT pg_catalog.concat_ws(' ', 'pid', l.pid,"
        " 'of ' || nullif(a.application_name, ''), 'as ' || a.usename,"
        " 'from ' || a.client_addr,"
        " 'since ' || pg_catalog.date_trunc('second', a.backend_start)),"
        " pg_catalog.concat_ws(': ', a.state, a.query) FROM pg_catalog.pg_locks l"
        " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
        f" AND l.classid = {first} AND l.objid = {second % 2**32}"
        " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
        " WHERE d.datname = pg_catalog.current_database())"
    )
