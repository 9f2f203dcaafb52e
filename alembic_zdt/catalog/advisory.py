"""Advisory locks of two numbers, which a session holds until it releases them.

https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
"""

from __future__ import annotations


def trying(first: int, second: int) -> str:
    """Return the query that takes the lock, false when another session has it."""
    return f"SELECT pg_catalog.pg_try_advisory_lock({first}, {second})"


def giving_back(first: int, second: int) -> str:
    """Return the query that releases the lock."""
    return f"SELECT pg_catalog.pg_advisory_unlock({first}, {second})"


def holder(first: int, second: int) -> str:
    """Return the query for the session that has it, and its newest statement."""
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
