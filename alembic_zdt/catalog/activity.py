"""Who else is there: holders of locks, of snapshots, and what a build waits for.

https://www.postgresql.org/docs/current/view-pg-locks.html
https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.steps import RelationLock

_MODES = {mode.pg_locks_mode: mode for mode in LockMode}
_AGE = "extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8"
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
        state, application, query, kind: as in pg_stat_activity.
    """

    pid: int | None
    transaction: str
    age: float | None
    modes: frozenset[LockMode] = frozenset()
    state: str = ""
    application: str = ""
    query: str = ""
    kind: str = ""

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
        name = lock.name.regclass
        tree = f"SELECT relid::oid::int8 FROM pg_catalog.pg_partition_tree({name})"
        one = f"SELECT {name}::oid::int8"
        oids = database.rows(tree if lock.tree else one)
        found.extend(Target(row[0], lock.mode) for row in oids if row[0] is not None)
    return tuple(found)


def holders(database: Database, wanted: Sequence[Target]) -> list[Holder]:
    """The transactions of others that hold what conflicts with *wanted*."""
    if not wanted:
        return []
    conflicts = ", ".join(
        f"({target.oid}, '{mode.pg_locks_mode}')"
        for target in wanted
        for mode in sorted(target.mode.conflicts, key=list(LockMode).index)
    )
    rows = database.rows(
        f"SELECT l.pid, l.virtualtransaction, max({_AGE}),"  # own text
        " pg_catalog.string_agg(DISTINCT l.mode, ','), max(a.state),"
        " max(a.application_name), max(a.query), max(a.backend_type)"
        " FROM pg_catalog.pg_locks l"
        " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'relation' AND l.granted"
        f" AND l.database = {_HERE}"
        " AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()"
        f" AND (l.relation, l.mode) IN ({conflicts})"
        " GROUP BY l.pid, l.virtualtransaction"
    )
    return [_holder(*row) for row in rows]


def _holder(  # one argument per column of the query
    pid: int | None,
    transaction: str,
    age: float | None,
    modes: str,
    state: str | None,
    application: str | None,
    query: str | None,
    kind: str | None,
) -> Holder:
    return Holder(
        pid=pid,
        transaction=transaction,
        age=age,
        modes=frozenset(_MODES[mode] for mode in modes.split(",") if mode in _MODES),
        state=state or "",
        application=application or "",
        query=" ".join((query or "").split()),
        kind=kind or ("" if pid else "prepared transaction"),
    )


def snapshot_holders(database: Database, table: QualifiedName | None) -> list[Holder]:
    """The idle transactions that would keep a CONCURRENTLY statement waiting.

    Those whose last statement left a snapshot open, and those that wrote to the
    table.  https://www.postgresql.org/docs/current/sql-createindex.html
    """
    wrote = "false"
    if table is not None:
        modes = ", ".join(
            f"'{mode.pg_locks_mode}'"
            for mode in sorted(LockMode.SHARE.conflicts, key=list(LockMode).index)
        )
        wrote = (
            "EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid"
            " AND l.locktype = 'relation' AND l.granted"
            f" AND l.relation = {table.regclass} AND l.mode IN ({modes}))"
        )
    rows = database.rows(
        f"SELECT a.pid, a.pid || '/' || a.xact_start, {_AGE}, '', a.state,"
        " a.application_name, a.query, a.backend_type"
        " FROM pg_catalog.pg_stat_activity a"
        " WHERE a.datname = pg_catalog.current_database()"
        " AND a.pid <> pg_catalog.pg_backend_pid()"
        " AND a.state LIKE 'idle in transaction%'"
        f" AND (a.backend_xmin IS NOT NULL OR {wrote})"
    )
    return [_holder(*row) for row in rows]


def prepared_transactions(database: Database) -> dict[str, tuple[str, float]]:
    """Prepared transactions: their ``pg_locks`` name -> (gid, age in seconds)."""
    rows = database.rows(
        "SELECT '-1/' || transaction, gid, extract(epoch FROM"
        " pg_catalog.clock_timestamp() - prepared)::float8"
        " FROM pg_catalog.pg_prepared_xacts"
        " WHERE database = pg_catalog.current_database()"
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


def backend_pid(database: Database) -> int:
    """The pid of our own backend."""
    return int(database.value("SELECT pg_catalog.pg_backend_pid()"))
