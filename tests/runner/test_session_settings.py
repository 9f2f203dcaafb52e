"""The session's own settings: ours while we work, the caller's before and after."""

from __future__ import annotations

import contextlib
import threading

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import CheckViolationError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.runner.online import Runner
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Precondition, RelationLock, SkipCondition, Step
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int)"
INDEX = 'op.create_index_concurrently("ix", "orders", [sa.text("slow(total)")])'
SLOW = (
    "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE"
    " AS 'BEGIN PERFORM pg_sleep(0.03); RETURN $1; END'"
)
NEVER = SkipCondition("false", "it is never done")
MINE = {
    "lock_timeout": "7s",
    "statement_timeout": "77s",
    "maintenance_work_mem": "7MB",
    "max_parallel_maintenance_workers": "1",
}


@pytest.fixture(autouse=True)
def orders(db):
    """A table of 100 rows that take 3 s to index."""
    db.execute(ORDERS)
    db.execute(SLOW)
    db.execute("INSERT INTO orders SELECT n, -n FROM generate_series(1, 100) n")


@contextlib.contextmanager
def _by_default(db, **settings):
    """What new sessions of this database begin with."""
    for name, value in settings.items():
        db.execute(f"ALTER DATABASE {db.database} SET {name} = '{value}'")
    try:
        yield
    finally:
        for name in settings:
            db.execute(f"ALTER DATABASE {db.database} RESET {name}")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    "name",
    [
        "statement_timeout",
        pytest.param("transaction_timeout", marks=pytest.mark.pg(">=17")),
    ],
)
def test_timeouts_of_the_role_do_not_end_a_long_step(db, project, driver, name):
    """A build may last, whatever the role's statements may.

    Each driver runs half of them.
    """
    project.revision("r1", INDEX)

    with _by_default(db, **{name: "2s"}):
        project.upgrade()

    assert db.index("ix").is_valid


def test_lock_timeout_of_the_role_does_not_end_a_wait(db, project):
    """Inside a build it would leave an INVALID index behind."""
    project.revision("r1", 'op.create_index_concurrently("ix", "orders", ["total"])')
    writer = "INSERT INTO orders VALUES (0, 0); SELECT pg_sleep(1)"

    with _by_default(db, lock_timeout="10ms"), db.background(writer) as job:
        db.wait_until("EXISTS (SELECT FROM pg_locks WHERE pid = %s)", job.pid)
        project.upgrade()

    assert db.index("ix").is_valid


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    "call",
    [
        'op.backfill("orders", {"total": "0"}, where="total < 0")',
        'op.add_not_null_two_phase("orders", "total")',
    ],
)
def test_serializable_transactions_do_not_fail_because_of_us(db, project, driver, call):
    """A predicate lock of ours would end writers, and outlive our transaction.

    Each driver runs half of them.
    """
    project.revision("r1", call)

    with (
        _by_default(db, default_transaction_isolation="serializable"),
        db.session() as other,
    ):
        other.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        other.execute("SELECT count(*) FROM pg_class")
        project.upgrade()
        locks = db.column(
            "SELECT relation::regclass::text FROM pg_locks WHERE mode = 'SIReadLock'"
            " AND relation = 'orders'::regclass"
        )

    assert locks == []


SETTING = "\n".join(f"op.execute(\"SET {k} = '{v}'\")" for k, v in MINE.items())
NOTING = "\n".join(
    f"op.execute(\"INSERT INTO noted VALUES ('{name}', current_setting('{name}'))\")"
    for name in MINE
)


def test_session_settings_are_the_callers_again_afterwards(db, project, driver):
    """And those for the build hold during the build."""
    db.execute("CREATE TABLE noted (name text, value text)")
    db.execute(
        "CREATE FUNCTION noting(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$"
        " BEGIN IF current_query() LIKE 'CREATE INDEX%'"
        " AND current_setting('maintenance_work_mem') <> '33MB'"
        " THEN RAISE 'not the setting for builds'; END IF; RETURN $1; END $$"
    )
    project.settings(maintenance_work_mem="33MB", max_parallel_maintenance_workers="0")
    build = INDEX.replace("slow", "noting")
    check = 'op.create_check_constraint_two_phase("ck", "orders", "total < 0")'
    project.revision("r1", f"{SETTING}\n{build}\n{check}\n{NOTING}")

    project.upgrade()

    assert dict(db.rows("SELECT * FROM noted")) == MINE


TURN = (
    "INSERT INTO noted SELECT 'turns', count(*) FROM pg_locks"
    f" WHERE pid = pg_backend_pid() AND classid = {0x7A6474}"
)


def test_session_settings_are_the_callers_again_after_a_failure(db, project, driver):
    """An error is caught, and the revision goes on; its turn is given back, too."""
    db.execute("CREATE TABLE noted (name text, value text)")
    project.revision(
        "r1",
        f"""
from alembic_zdt.errors import {CheckViolationError.__name__}
{SETTING}
try:
    op.create_check_constraint_two_phase("ck", "orders", "total > 0")
except {CheckViolationError.__name__}:
    pass
{NOTING}
op.execute("{TURN}")
""",
    )

    project.upgrade()

    assert dict(db.rows("SELECT * FROM noted")) == MINE | {"turns": "0"}


def test_session_that_rests_is_not_ended(db, project):
    """The role's idle_session_timeout is for sessions that somebody has forgotten."""
    db.execute("ALTER TABLE orders ADD COLUMN note text")
    note = "current_setting('idle_in_transaction_session_timeout')"
    options = 'pause="0.6s", key="id", batch_size=60'
    project.revision("r1", f'op.backfill("orders", {{"note": "{note}"}}, {options})')
    project.write(project.env, "from alembic_zdt import env\nenv.run()\n")
    timeout = "_session_timeout"
    wanted = {f"idle{timeout}": "500ms", f"idle_in_transaction{timeout}": "0"}

    with _by_default(db, **wanted):
        project.upgrade()

    # A process that is stopped in a transaction does not keep the others for long.
    assert db.column("SELECT DISTINCT note FROM orders") == ["1min"]


def test_lock_deadline_does_not_end_the_waits_inside_a_build(db, project):
    """It would leave an INVALID index behind; the build waits for who is busy."""
    project.revision("r1", 'op.create_index_concurrently("ix", "orders", ["total"])')
    with upgrading(project, "zdt.lock_deadline=300ms") as upgrade:
        with door_held(db, "orders"):
            upgrade.begin()
            pid = backend_in_the_door(db, "CREATE INDEX", upgrade)
            db.wait_until(
                "EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s"
                " AND clock_timestamp() > query_start + interval '600 ms')",
                pid,
            )
        upgrade.wait()

    assert upgrade.error is None
    assert db.index("ix").is_valid


class Twice:
    """A recipe whose first step is done each time; the second stands on a table."""

    purpose = "change orders"
    subject = "orders"
    builds_index = False

    def questions(self):
        return ()

    def preconditions(self, _server):
        return ()

    def steps(self, _server):
        table = QualifiedName("orders")
        lock = RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, table)
        done = SkipCondition("to_regclass('made') IS NOT NULL", "there is a table")
        return (
            Step("note it", ("INSERT INTO noted VALUES (1)",), (lock,), NEVER),
            Step(
                "make it", ("CREATE TABLE made ()",), (lock,), done, stands_on=(table,)
            ),
        )


def test_step_that_was_run_is_not_run_again_for_the_next_one(db):
    """The next one is computed again behind the first, which no look shows as done."""
    db.execute("CREATE TABLE noted (n int)")
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        Runner(Database(connection), Settings()).run(Twice())
    engine.dispose()

    assert db.exists("made")
    assert db.column("SELECT n FROM noted") == [1]


def test_look_without_a_limit_that_is_cancelled_proves_nothing(db):
    """Only a look that our own limit has ended lets a step go on."""
    errors = []
    look = Precondition("SELECT 1 FROM (SELECT pg_sleep(60)) x", RuntimeError)
    step = Step("make t", ("CREATE TABLE t ()",), (), NEVER, preconditions=(look,))

    def run():
        engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            try:
                Runner(Database(connection), Settings()).run_step(step, None)
            except DBAPIError as error:
                errors.append(str(error.orig))
        engine.dispose()

    thread = threading.Thread(target=run)
    thread.start()
    db.wait_until(
        "SELECT bool_or(pg_cancel_backend(pid)) FROM pg_stat_activity"
        " WHERE wait_event = 'PgSleep' AND datname = current_database()"
    )
    thread.join(30)

    assert errors == ["canceling statement due to user request"]
    assert not db.exists("t")
