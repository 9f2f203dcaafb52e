"""Whether a worker has a target, as the row of the target tells.

A session can be lost while its worker goes on.  The worker renews its lease over the
next session.  So a lease outlives its session, and a restart of the server, for some
seconds.
"""

from __future__ import annotations

LEASE = "interval '1 minute'"
_GRACE = "interval '10 seconds'"
_NOW = "pg_catalog.clock_timestamp()"
_STARTED = "pg_catalog.pg_postmaster_start_time()"
END_OF_LEASE = f"{_NOW} + {LEASE}"


def is_held(row: str = "") -> str:
    """Return SQL that is true if a worker has the target.

    Another session may have the pid of a lost one; that one began after the lease.

    Args:
        row: the prefix of the columns, such as ``t.``.
    """
    renewed = f"{row}leased_until - {LEASE}"
    return (
        f"({row}status = 'running' AND {row}leased_until IS NOT NULL"
        f" AND (greatest({renewed}, {_STARTED}) + {_GRACE} >= {_NOW}"
        f" OR {row}leased_until >= {_NOW}"
        " AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
        f" WHERE a.pid = {row}worker_pid"
        " AND a.datname = pg_catalog.current_database()"
        # Without rights the beginning of another role's session is unknown.
        f" AND coalesce(a.backend_start, {_STARTED}) <= {renewed})))"
    )
