"""Who else is there: holders of locks, of snapshots, and what a build waits for.

https://www.postgresql.org/docs/current/view-pg-locks.html
https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import partition
from alembic_zdt.catalog.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.printable import printable
from alembic_zdt.steps import RelationLock

_MODES = {mode.pg_locks_mode: mode for mode in LockMode}
_ORDER = list(LockMode)
_AGE = "extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8"
# Of other roles' sessions we see this much only with the rights of pg_read_all_stats.
_HIDDEN = "<insufficient privilege>"
# Autovacuum is the one that locks tables and has no user, which is never hidden.
_KIND = (
    "coalesce(a.backend_type, CASE WHEN a.pid IS NOT NULL AND a.usesysid IS NULL"
    " THEN 'autovacuum worker' END)"
)
_HERE = (
    "(SELECT oid FROM pg_catalog.pg_database"
    " WHERE datname = pg_catalog.current_database())"
)


@dataclass(frozen=True)
class Target:
    """A relation whose lock is wanted, by oid, and the modes that stand in the way."""

    oid: int
    mode: LockMode


@dataclass(frozen=True)
class Holder:
    """A transaction that holds a lock or a snapshot.

    Attributes:
        pid: of its backend, None for a prepared transaction.
        transaction: its virtual transaction id, unique while it lasts.
        age: seconds since it began, None when we may not see it.
        modes: the conflicting modes it holds.
        state, application, query, kind, role: as in pg_stat_activity.
        is_hidden: what it does and since when is hidden from our role.
    """

    pid: int | None
    transaction: str
    age: float | None
    modes: frozenset[LockMode] = frozenset()
    state: str = ""
    application: str = ""
    query: str = ""
    kind: str = ""
    role: str = ""
    is_hidden: bool = False

    @property
    def is_autovacuum(self) -> bool:
        """Whether it is an autovacuum worker, which yields to waiting locks."""
        return self.kind == "autovacuum worker"

    @property
    def keeps_schema_changes_out(self) -> bool:
        """Whether it stands in the way of SHARE UPDATE EXCLUSIVE already."""
        gate = LockMode.SHARE_UPDATE_EXCLUSIVE
        return any(gate.conflicts_with(mode) for mode in self.modes)


def targets(database: Database, locks: Iterable[RelationLock]) -> tuple[Target, ...]:
    """The relations of *locks* by oid, partitions included where they are locked."""
    found: list[Target] = []
    for lock in locks:
        tree = partition.tree(lock.name, members=lock.tree)
        oids = database.rows(f"{tree} SELECT oid::int8 FROM tree")
        found.extend(Target(row[0], lock.mode) for row in oids if row[0] is not None)
    return tuple(found)


def holders(database: Database, wanted: Sequence[Target]) -> list[Holder]:
    """The transactions of others that hold what conflicts with *wanted*."""
    if not wanted:
        return []
    rows = database.rows(
        f"SELECT l.pid, l.virtualtransaction, max({_AGE}),"  # own text
        " pg_catalog.string_agg(DISTINCT l.mode, ','), max(a.state),"
        f" max(a.application_name), max(a.query), max({_KIND}), max(a.usename)"
        " FROM pg_catalog.pg_locks l"
        " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
        f" WHERE {_conflicting(wanted)}"
        " GROUP BY l.pid, l.virtualtransaction"
    )
    return [_holder(*row) for row in rows]


def _conflicting(wanted: Sequence[Target]) -> str:
    """The condition on a row ``l`` of pg_locks that it stands in the way.

    As arrays, which the server searches by hash: there may be thousands of
    partitions, and the question is asked many times a second.
    """
    oids: dict[LockMode, list[str]] = {}
    for target in wanted:
        oids.setdefault(target.mode, []).append(str(target.oid))
    ways = " OR ".join(
        f"(l.relation = ANY ('{{{','.join(relations)}}}'::oid[])"
        f" AND l.mode IN ({_conflicts_of(mode)}))"
        for mode, relations in oids.items()
    )
    return (
        f"l.locktype = 'relation' AND l.granted AND l.database = {_HERE}"
        f" AND coalesce(l.pid <> pg_catalog.pg_backend_pid(), true) AND ({ways})"
    )


def _conflicts_of(mode: LockMode) -> str:
    found = sorted(mode.conflicts, key=_ORDER.index)
    return ", ".join(f"'{other.pg_locks_mode}'" for other in found)


def _holder(  # one argument per column of the query
    pid: int | None,
    transaction: str,
    age: float | None,
    modes: str,
    state: str | None,
    application: str | None,
    query: str | None,
    kind: str | None,
    role: str | None,
) -> Holder:
    return Holder(
        pid=pid,
        transaction=transaction,
        age=age,
        modes=frozenset(_MODES[mode] for mode in modes.split(",") if mode in _MODES),
        state=state or "",
        application=application or "",
        query="" if query == _HIDDEN else printable(" ".join((query or "").split())),
        kind=kind or ("" if pid else "prepared transaction"),
        role=role or "",
        is_hidden=query == _HIDDEN,
    )


def snapshot_holders(database: Database, wanted: Sequence[Target]) -> list[Holder]:
    """The transactions that would keep a CONCURRENTLY statement waiting.

    Those that are idle and whose last statement left a snapshot open, or that hold
    what conflicts with *wanted*, and prepared transactions that do.  Where the state
    of a session is hidden it may be idle, too.
    https://www.postgresql.org/docs/current/sql-createindex.html
    """
    conflicting = _conflicting(wanted) if wanted else "false"
    rows = database.rows(
        "WITH holding AS MATERIALIZED (SELECT DISTINCT l.pid, l.virtualtransaction"
        f" FROM pg_catalog.pg_locks l WHERE {conflicting})"
        " SELECT a.pid,"
        " a.pid || '/' || coalesce(a.xact_start::text, a.backend_xmin::text, ''),"
        f" {_AGE}, '', a.state, a.application_name, a.query, {_KIND}, a.usename"
        " FROM pg_catalog.pg_stat_activity a"
        " WHERE a.datname = pg_catalog.current_database()"
        " AND a.pid <> pg_catalog.pg_backend_pid()"
        " AND (a.state LIKE 'idle in transaction%'"
        f" OR (a.query = '{_HIDDEN}' AND a.usesysid IS NOT NULL))"
        " AND (a.backend_xmin IS NOT NULL OR a.pid IN (SELECT h.pid FROM holding h))"
        " UNION ALL SELECT NULL, h.virtualtransaction, NULL, '', NULL, NULL, NULL,"
        " NULL, NULL FROM holding h WHERE h.pid IS NULL"
    )
    return [_holder(*row) for row in rows]


def prepared_transactions(database: Database) -> dict[str, tuple[str, float]]:
    """Prepared transactions: their ``pg_locks`` name -> (gid, age in seconds)."""
    rows = database.rows(
        "SELECT l.virtualtransaction, p.gid, extract(epoch FROM"
        " pg_catalog.clock_timestamp() - p.prepared)::float8"
        " FROM pg_catalog.pg_prepared_xacts p"
        " JOIN pg_catalog.pg_locks l ON l.transactionid = p.transaction"
        " WHERE l.locktype = 'transactionid' AND l.granted AND l.pid IS NULL"
        " AND p.database = pg_catalog.current_database()"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


@dataclass(frozen=True)
class BuildProgress:
    """How far an index build is.

    Attributes:
        phase: as PostgreSQL names it.
        percent: of the phase, None when it does not count anything.
        waits_for: the pid it waits for, None when it does not wait.
    """

    phase: str
    percent: float | None
    waits_for: int | None


def build_progress(database: Database, pid: int) -> BuildProgress | None:
    """The progress of the index build of backend *pid*, None when there is none."""
    rows = database.rows(
        "SELECT phase, 100.0::float8 * CASE WHEN blocks_total > 0"
        " THEN blocks_done::float8 / blocks_total"
        " WHEN tuples_total > 0 THEN tuples_done::float8 / tuples_total END,"
        " nullif(current_locker_pid, 0)"
        " FROM pg_catalog.pg_stat_progress_create_index"
        f" WHERE pid = {pid}"
    )
    return BuildProgress(*rows[0]) if rows else None


def blocking_pids(database: Database, pid: int) -> list[int]:
    """The backends that *pid* waits for at this moment."""
    rows = database.rows(
        f"SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid}))"
    )
    return [row[0] for row in rows]


def states(database: Database, pids: Sequence[int]) -> dict[int, str]:
    """What can be said of these backends in brackets: state and application."""
    rows = database.rows(
        "SELECT pid, pg_catalog.concat_ws(', ', nullif(state, ''),"
        " nullif(application_name, ''))"
        " FROM pg_catalog.pg_stat_activity"
        f" WHERE pid IN ({', '.join(map(str, pids))})"
    )
    return {pid: f" ({words})" for pid, words in rows if words}


def backend_pid(database: Database) -> int:
    """The pid of our own backend."""
    return int(database.value("SELECT pg_catalog.pg_backend_pid()"))


def oldest_snapshot(database: Database) -> str:
    """Who keeps dead row versions from being cleared away, in words; '' for nobody."""
    rows = database.rows(
        "SELECT 'pid ' || pid || ' (' || pg_catalog.concat_ws(', ', nullif(state, ''),"
        " nullif(application_name, '')) || ')', pg_catalog.age(backend_xmin)"
        " FROM pg_catalog.pg_stat_activity"
        " WHERE backend_xmin IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()"
        # A snapshot of another database does not count, one of a replica does.
        " AND coalesce(datname = pg_catalog.current_database(), true)"
        " AND pg_catalog.age(backend_xmin) > 1"
        " UNION ALL SELECT 'replication slot ' || slot_name, pg_catalog.age(xmin)"
        " FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL"
        " UNION ALL SELECT 'prepared transaction ' || gid,"
        " pg_catalog.age(transaction) FROM pg_catalog.pg_prepared_xacts"
        " WHERE database = pg_catalog.current_database()"
        " ORDER BY 2 DESC LIMIT 1"
    )
    return str(rows[0][0]) if rows else ""
