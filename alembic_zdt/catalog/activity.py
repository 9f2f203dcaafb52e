"""The holders of locks and of snapshots, and the sessions that a build waits for.

https://www.postgresql.org/docs/current/view-pg-locks.html
https://www.postgresql.org/docs/current/monitoring-stats.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from alembic_zdt.catalog import partition
from alembic_zdt.connection.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.printable import printable
from alembic_zdt.steps import RelationLock

_MODES = {mode.pg_locks_mode: mode for mode in LockMode}
_ORDER = list(LockMode)
AGE = "extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)"
"""SQL for the age in seconds of the transaction of row ``a`` of pg_stat_activity."""

# The text in place of other roles' queries, for roles without pg_read_all_stats.
_HIDDEN = "<insufficient privilege>"
# Only autovacuum locks tables and has no user, and the user is never hidden.
_KIND = (
    "coalesce(a.backend_type, CASE WHEN a.pid IS NOT NULL AND a.usesysid IS NULL"
    " THEN 'autovacuum worker' END)"
)
_HERE = (
    "(SELECT oid FROM pg_catalog.pg_database"
    " WHERE datname = pg_catalog.current_database())"
)

_HOLDERS = (
    f"SELECT l.pid, l.virtualtransaction, max({AGE}),"
    " pg_catalog.string_agg(DISTINCT l.mode, ','), max(a.state),"
    f" max(a.application_name), max(a.query), max({_KIND}), max(a.usename)"
    " FROM pg_catalog.pg_locks l"
    " LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
)
_EACH_HOLDER = "GROUP BY l.pid, l.virtualtransaction"


@dataclass(frozen=True)
class Target:
    """A relation to lock, by its oid, and the mode of the wanted lock."""

    oid: int
    mode: LockMode


@dataclass(frozen=True)
class Holder:
    """A transaction that holds a lock or a snapshot.

    Attributes:
        pid: the pid of its backend, None for a prepared transaction.
        transaction: its virtual transaction id, unique while it lasts.
        age: seconds since it began, None where it is hidden from this role.
        modes: the conflicting modes it holds.
        state, application, query, kind, role: as in pg_stat_activity.
        is_hidden: whether its query is hidden from this role.
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
        """Check whether it is an autovacuum worker, which yields to waiting locks."""
        return self.kind == "autovacuum worker"

    @property
    def keeps_schema_changes_out(self) -> bool:
        """Check whether its locks conflict with SHARE UPDATE EXCLUSIVE."""
        gate = LockMode.SHARE_UPDATE_EXCLUSIVE
        return any(gate.conflicts_with(mode) for mode in self.modes)


def targets(database: Database, locks: Iterable[RelationLock]) -> tuple[Target, ...]:
    """Return the relations of *locks* with their oids, and the locked partitions."""
    found: list[Target] = []
    for lock in locks:
        tree = partition.tree(lock.name, members=lock.tree)
        oids = database.rows(f"{tree} SELECT oid::int8 FROM tree")
        found.extend(Target(row[0], lock.mode) for row in oids if row[0] is not None)
    return tuple(found)


def holders(database: Database, wanted: Sequence[Target]) -> list[Holder]:
    """Return the transactions of other sessions that block the *wanted* locks."""
    if not wanted:
        return []
    return _found(database, f"WHERE {_conflicting(wanted)}")


def blocks(wanted: Sequence[Target]) -> str:
    """Return SQL that is true if row ``a`` of pg_stat_activity blocks these locks."""
    return (
        "a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l"
        f" WHERE {_conflicting(wanted)})"
    )


def keeps_snapshot(wanted: Sequence[Target]) -> str:
    """Return SQL that is true if row ``a`` blocks a CONCURRENTLY statement."""
    holding = f" OR {blocks(wanted)}" if wanted else ""
    return f"(a.backend_xmin IS NOT NULL{holding})"


def _found(database: Database, which: str) -> list[Holder]:
    """Return the holders of the rows of pg_locks that the SQL *which* selects."""
    rows = database.rows(f"{_HOLDERS} {which} {_EACH_HOLDER}")
    return [_holder(*row) for row in rows]


def creators(database: Database, table: QualifiedName) -> list[Holder]:
    """Return the transactions that use a table, or have created relations.

    Relations that are not committed are in pg_locks, and not yet in pg_class.
    """
    return _found(
        database,
        "WHERE l.locktype = 'relation' AND l.granted"
        f" AND l.database = {_HERE}"
        " AND coalesce(l.pid <> pg_catalog.pg_backend_pid(), true)"
        f" AND (l.relation = {table.regclass}"
        f" OR (l.mode = '{LockMode.ACCESS_EXCLUSIVE.pg_locks_mode}'"
        " AND NOT EXISTS"
        " (SELECT FROM pg_catalog.pg_class c WHERE c.oid = l.relation)))",
    )


def writers_since(database: Database, seconds: float) -> list[Holder]:
    """Return other sessions' transactions that have written and are old enough.

    A statement that creates an object waits for a transaction that has taken the name
    and has not ended.  No lock on a relation shows that.
    """
    return _found(
        database,
        "LEFT JOIN pg_catalog.pg_prepared_xacts p"
        " ON p.transaction = l.transactionid"
        " WHERE l.locktype = 'transactionid' AND l.granted"
        " AND l.mode = 'ExclusiveLock'"
        " AND coalesce(l.pid <> pg_catalog.pg_backend_pid(), true)"
        " AND coalesce(a.datname, p.database) = pg_catalog.current_database()"
        f" AND coalesce({AGE} > {seconds:.3f}, true)",
    )


def _conflicting(wanted: Sequence[Target]) -> str:
    """Return SQL that is true if a row ``l`` of pg_locks blocks the *wanted* locks.

    It uses arrays, which the server searches by hash.  There may be thousands of
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
    age: Decimal | None,
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
        age=None if age is None else float(age),
        modes=frozenset(_MODES[mode] for mode in modes.split(",") if mode in _MODES),
        state=state or "",
        application=application or "",
        query="" if query == _HIDDEN else printable(" ".join((query or "").split())),
        kind=kind or ("" if pid else "prepared transaction"),
        role=role or "",
        is_hidden=query == _HIDDEN,
    )


def snapshot_holders(database: Database, wanted: Sequence[Target]) -> list[Holder]:
    """Return the transactions that would block a CONCURRENTLY statement.

    They are idle, and have a snapshot open or hold a lock that conflicts with *wanted*.
    Prepared transactions with such a lock count, too.  A session whose state is hidden
    counts, too, because it may be idle.
    https://www.postgresql.org/docs/current/sql-createindex.html
    """
    conflicting = _conflicting(wanted) if wanted else "false"
    rows = database.rows(
        "WITH holding AS MATERIALIZED (SELECT DISTINCT l.pid, l.virtualtransaction"
        f" FROM pg_catalog.pg_locks l WHERE {conflicting})"
        " SELECT a.pid,"
        " a.pid || '/' || coalesce(a.xact_start::text, a.backend_xmin::text, ''),"
        f" {AGE}, '', a.state, a.application_name, a.query, {_KIND}, a.usename"
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
    """Return prepared transactions: ``pg_locks`` name -> (gid, age in seconds)."""
    rows = database.rows(
        "SELECT l.virtualtransaction, p.gid, extract(epoch FROM"
        " pg_catalog.clock_timestamp() - p.prepared)"
        " FROM pg_catalog.pg_prepared_xacts p"
        " JOIN pg_catalog.pg_locks l ON l.transactionid = p.transaction"
        " WHERE l.locktype = 'transactionid' AND l.granted AND l.pid IS NULL"
        " AND p.database = pg_catalog.current_database()"
    )
    return {row[0]: (row[1], float(row[2])) for row in rows}


@dataclass(frozen=True)
class BuildProgress:
    """The progress of an index build.

    Attributes:
        phase: the phase of the build, as PostgreSQL names it.
        percent: the percent of the phase, None when it does not count anything.
        waits_for: the pid it waits for, None when it does not wait.
    """

    phase: str
    percent: float | None
    waits_for: int | None


def build_progress(database: Database, pid: int) -> BuildProgress | None:
    """Return the progress of the index build of *pid*, None when there is none."""
    rows = database.rows(
        "SELECT phase, (100.0::float8 * CASE WHEN blocks_total > 0"
        " THEN blocks_done::float8 / blocks_total"
        " WHEN tuples_total > 0 THEN tuples_done::float8 / tuples_total END)::numeric,"
        " nullif(current_locker_pid, 0)"
        " FROM pg_catalog.pg_stat_progress_create_index"
        f" WHERE pid = {pid}"
    )
    if not rows:
        return None
    phase, percent, waits_for = rows[0]
    return BuildProgress(phase, None if percent is None else float(percent), waits_for)


def build_has_not_begun(pid: int) -> str:
    """Return SQL that is true while backend *pid* waits before its build begins."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
        " JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid"
        f" WHERE p.pid = {pid} AND p.phase = 'initializing'"
        " AND a.wait_event_type = 'Lock')"
    )


def blockers_of(database: Database, pid: int) -> list[Holder]:
    """Return the transactions that backend *pid* waits for.

    A prepared transaction is found if the backend waits for its end, and not if it
    waits for a lock on a relation.
    """
    return _found(
        database,
        "WHERE l.granted AND (l.pid = ANY (ARRAY(SELECT pg_catalog.unnest("
        f"pg_catalog.pg_blocking_pids({pid}))))"  # called once, not for each lock
        " OR l.transactionid = ANY (SELECT w.transactionid FROM pg_catalog.pg_locks w"
        f" WHERE w.pid = {pid} AND NOT w.granted))",
    )


def blocking_pids(database: Database, pid: int) -> list[int]:
    """Return the pids of the backends that *pid* waits for at this moment."""
    rows = database.rows(
        f"SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid}))"
    )
    return [row[0] for row in rows]


def states(database: Database, pids: Sequence[int]) -> dict[int, str]:
    """Return state and application of these backends, in brackets."""
    rows = database.rows(
        "SELECT pid, pg_catalog.concat_ws(', ', nullif(state, ''),"
        " nullif(application_name, ''))"
        " FROM pg_catalog.pg_stat_activity"
        f" WHERE pid IN ({', '.join(map(str, pids))})"
    )
    return {pid: f" ({words})" for pid, words in rows if words}


def backend_pid(database: Database) -> int:
    """Return the pid of this connection's backend."""
    return int(database.value("SELECT pg_catalog.pg_backend_pid()"))


def oldest_snapshot(database: Database) -> str:
    """Describe the oldest snapshot that keeps dead rows, empty if there is none."""
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
