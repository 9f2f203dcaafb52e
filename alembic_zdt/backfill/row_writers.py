"""Find the sessions and the triggers that write the rows of a table.

https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.storage import Store
from alembic_zdt.connection.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.names import literal
from alembic_zdt.runner import blockers

_LENGTH_OF_QUERY = 80
_WRITES = r"^\s*(insert|update|merge|copy|with)\M"


def row_holders(
    database: Database, store: Store, others: Sequence[int], *, queries: bool
) -> str:
    """Describe the sessions that may have locked rows of a table, or the table.

    Args:
        database: a connection for queries.
        store: the table.
        others: sessions that do not count.
        queries: whether their queries may be shown.
    """
    target = activity.Target(store.oid, LockMode.EXCLUSIVE)
    found = [
        holder
        for holder in activity.holders(database, [target])
        if holder.pid not in others and not holder.is_autovacuum
    ]
    return blockers.describe(database, found, queries=queries)


def writing_sessions(
    database: Database,
    stores: Sequence[Store],
    names: Sequence[str],
    others: Sequence[int],
    *,
    queries: bool,
) -> dict[int, str]:
    """Return the sessions that write these tables now, or did within a minute.

    The lock of a short transaction is seldom seen, but its last statement stays
    visible.

    Args:
        database: a connection for queries.
        stores: the tables with rows.
        names: the names by which a statement may call the tables.
        others: sessions that do not count.
        queries: whether their queries may be shown.
    """
    if not stores:
        return {}
    oids = ", ".join(str(store.oid) for store in stores)
    words = ", ".join(literal(name.lower()) for name in names)
    pids = ", ".join(map(str, others)) or "NULL"
    rows = database.rows(
        "SELECT a.pid, a.application_name, a.usename, a.query"
        " FROM pg_catalog.pg_stat_activity a"
        " WHERE a.datname = pg_catalog.current_database()"
        " AND a.pid <> pg_catalog.pg_backend_pid()"
        f" AND (a.pid IN ({pids})) IS NOT TRUE"
        " AND (a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE l.granted"
        f" AND l.mode = 'RowExclusiveLock' AND l.relation IN ({oids}))"
        f" OR (a.query ~* {literal(_WRITES)} AND (a.state <> 'idle'"
        " OR a.state_change > pg_catalog.clock_timestamp() - interval '1 minute')"
        f" AND EXISTS (SELECT FROM pg_catalog.unnest(ARRAY[{words}]) AS n"
        " WHERE pg_catalog.strpos(pg_catalog.lower(a.query), n) > 0)))"
        " ORDER BY a.pid"
    )
    return {row[0]: _in_words(*row, queries=queries) for row in rows}


def _in_words(
    pid: int, application: str, role: str, query: str, *, queries: bool
) -> str:
    who = [f'application "{application}"'] if application else []
    who += [f'role "{role}"'] if role else []
    shown = " ".join((query or "").split()) if queries else ""
    if len(shown) > _LENGTH_OF_QUERY:
        shown = shown[:_LENGTH_OF_QUERY] + "..."
    words = f"pid {pid} ({', '.join(who)})" if who else f"pid {pid}"
    return f"{words}: {shown}" if shown else words


def triggers(database: Database, stores: Sequence[Store]) -> list[str]:
    """Return the names of the users' triggers that an INSERT or UPDATE fires."""
    oids = ", ".join(str(store.oid) for store in stores)
    rows = database.rows(
        "SELECT DISTINCT tgname::text FROM pg_catalog.pg_trigger"
        f" WHERE tgrelid IN ({oids}) AND NOT tgisinternal AND tgenabled <> 'D'"
        " AND (tgtype & 4 <> 0 OR tgtype & 16 <> 0) ORDER BY 1"
    )
    return [name for (name,) in rows]
