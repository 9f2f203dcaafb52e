"""Read the locks and the scans of a step while it runs.

A transaction is looked at before it ends.  A CONCURRENTLY statement is made of several
transactions; "parked" transactions of ours hold it up at each of its waits, so that
none of them is missed, however fast the statement is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from alembic_zdt import registration
from alembic_zdt.alembic_compat.interception import intercepted
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.locks import LockMode
from alembic_zdt.runner.online import Runner
from alembic_zdt.runner.script.kept_directives import KeptDirectives
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Step
from tests.support.db import Db, Job, quoted
from tests.support.waiting import wait_until

MODES = {mode.pg_locks_mode: mode for mode in LockMode}
ORDER = list(LockMode)

RELATIONS = """
SELECT c.relname, c.relkind::text, t.relname
FROM pg_class c
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class t ON t.oid = i.indrelid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'i', 'I', 'v', 'm')
"""

TREE = """
WITH RECURSIVE tree(oid) AS (
  SELECT to_regclass(%s)::oid
  UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN tree ON h.inhparent = tree.oid)
SELECT c.relname FROM tree JOIN pg_class c USING (oid)
"""

FENCE = "zdt_fence"
TRACED = "zdt-traced"


@dataclass
class Seen:
    """The strongest lock on each relation, and the tables that were scanned."""

    locks: dict[str, LockMode] = field(default_factory=dict)
    scans: set[str] = field(default_factory=set)

    def add(self, relation: str, mode: str) -> None:
        """Take down one lock, if it is the strongest so far."""
        found = MODES[mode]
        known = self.locks.get(relation, found)
        self.locks[relation] = max(known, found, key=ORDER.index)


@dataclass(frozen=True)
class Relations:
    """The relations that were there before a step: kind and, of indexes, table."""

    kinds: dict[str, str]
    tables: dict[str, str]

    @classmethod
    def of(cls, db: Db) -> Relations:
        """Those of the test's schema."""
        rows = db.rows(RELATIONS, db.schema)
        kinds = {name: kind for name, kind, _table in rows}
        return cls(kinds, {name: table for name, _kind, table in rows if table})

    def telling(self, locks: dict[str, LockMode]) -> dict[str, LockMode]:
        """What somebody could notice.

        Left out are relations that are new, indexes that their table's lock covers,
        and ACCESS SHARE, which every query takes.
        """
        return {
            name: mode
            for name, mode in locks.items()
            if name in self.kinds
            and mode is not LockMode.ACCESS_SHARE
            and not self._covered(name, mode, locks)
        }

    def _covered(self, name: str, mode: LockMode, locks: dict[str, LockMode]) -> bool:
        table = locks.get(self.tables.get(name, ""))
        return table is not None and ORDER.index(table) >= ORDER.index(mode)


def pending_steps(db: Db, call: str) -> Iterator[Step]:
    """Yield each step of the directives in *call* before it is run by the package.

    While the caller has the step no session of ours stays open: what ran before has
    been, or is about to be, reported to the statistics.
    """
    registration.register()
    named = {"application_name": TRACED}
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool, connect_args=named)
    for operation in _operations(engine, call):
        with _runner(engine) as runner:
            server = survey(runner.database, operation.questions())
        for step in operation.steps(server):
            with _runner(engine) as runner:
                done = runner.database.holds(step.skip_if.done)
            if not done:
                yield step
            with _runner(engine) as runner:
                runner.run_step(step, operation)


@contextlib.contextmanager
def _runner(engine: sa.Engine) -> Iterator[Runner]:
    with engine.connect() as connection:
        database = Database(connection.execution_options(isolation_level="AUTOCOMMIT"))
        yield Runner(database, Settings(progress="off"))


def _operations(engine: sa.Engine, call: str) -> list[Any]:
    kept = KeptDirectives(runs_others=False)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with intercepted(context, kept):
            exec(call, {"op": Operations(context), "sa": sa})  # noqa: S102  # ours
    return kept.found


def claimed_locks(db: Db, step: Step) -> dict[str, LockMode]:
    """The locks that *step* says it takes, partition trees spelled out."""
    seen = Seen()
    for lock in step.locks:
        names = db.column(TREE, lock.name.sql) if lock.tree else [lock.name.name]
        for name in names:
            seen.add(name, lock.mode.pg_locks_mode)
    return seen.locks


# ------------------------------------------------------------------ in a transaction


def seen_in_transaction(db: Db, statements: Sequence[str]) -> Seen:
    """Run the statements in a transaction, look, and roll back."""
    with db.session() as worker:
        worker.execute(f"SET application_name = '{TRACED}'")
        worker.execute("SET max_parallel_workers_per_gather = 0")
        worker.execute("BEGIN")
        before = _scans_in_transaction(worker)
        for statement in statements:
            worker.execute(statement)
        seen = Seen()
        for relation, mode, _granted in db.locks(worker.pid):
            seen.add(relation, mode)
        # New relations are invisible to us, and the old ones are all we ask for.
        after = _scans_in_transaction(worker)
        seen.scans = {name for name in before if after.get(name, 0) > before[name]}
        worker.execute("ROLLBACK")
    return seen


def _scans_in_transaction(worker: Db) -> dict[str, int]:
    return dict(
        worker.rows(
            "SELECT relname, seq_scan FROM pg_stat_xact_all_tables"
            " WHERE schemaname = %s",
            worker.schema,
        )
    )


# ---------------------------------------------------------------------- CONCURRENTLY


def seen_concurrently(db: Db, statement: str, tables: Sequence[str]) -> Seen:
    """Run a CONCURRENTLY statement, held up at each of its waits."""
    seen = Seen()
    db.execute(f"CREATE TABLE IF NOT EXISTS {FENCE} ()")
    before = _scans_when_all_have_reported(db)
    with contextlib.ExitStack() as doors:
        door = doors.enter_context(_parked(db, tables))
        with db.background(statement) as job:
            while job.is_running:
                if _look(db, job.pid, seen):
                    opened, pid = door, door.pid
                    door = doors.enter_context(_parked(db, tables))
                    opened.close()
                    _wait_until_moved(db, job, pid)
            job.result()
            job._session.execute(f"SELECT FROM {FENCE}")
    fences = before[FENCE]
    wait_until(lambda: _scans(db)[FENCE] > fences, "the statistics have arrived")
    after = _scans(db)
    seen.scans = {name for name in before if after.get(name, 0) > before[name]}
    seen.scans.discard(FENCE)
    db.execute(f"DROP TABLE {FENCE}")
    return seen


def _scans_when_all_have_reported(db: Db) -> dict[str, int]:
    """Before 15 a collector counts, and what a session has scanned arrives late.

    A session reports before it disappears, and reports arrive in their order.
    """
    db.wait_until(
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = %s)",
        TRACED,
    )
    fences = _scans(db)[FENCE]
    db.execute(f"SELECT FROM {FENCE}")
    wait_until(lambda: _scans(db)[FENCE] > fences, "the statistics have arrived")
    return _scans(db)


def _look(db: Db, pid: int, seen: Seen) -> bool:
    """Take down the locks; whether it waits for one of ours."""
    for relation, mode, _granted in db.locks(pid):
        seen.add(relation, mode)
    return db.is_true("SELECT cardinality(pg_blocking_pids(%s)) > 0", pid)


def _wait_until_moved(db: Db, job: Job, door: int) -> None:
    def moved() -> bool:
        return not job.is_running or not db.is_true(
            "SELECT %s = ANY (pg_blocking_pids(%s))", door, job.pid
        )

    wait_until(moved, "it goes on when a door opens")


@contextlib.contextmanager
def _parked(db: Db, tables: Sequence[str]) -> Iterator[Db]:
    """A transaction with a snapshot that has written to the tables, if it can."""
    with db.session() as other:
        other.execute("SET lock_timeout = '100ms'")
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1")
        with contextlib.suppress(psycopg.errors.LockNotAvailable):
            with other.connection.transaction():
                for table in tables:
                    other.execute(f"LOCK TABLE {quoted(table)} IN ROW EXCLUSIVE MODE")
        yield other


def _scans(db: Db) -> dict[str, int]:
    return dict(
        db.rows(
            "SELECT relname, seq_scan FROM pg_stat_all_tables WHERE schemaname = %s",
            db.schema,
        )
    )
