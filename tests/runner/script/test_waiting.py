"""A script waits for its locks as politely as the online run."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.runner.script.scripts import FLAVORS

every_flavor = pytest.mark.parametrize("flavor", FLAVORS)
WAITING = (
    "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'psql'"
    " AND query LIKE 'CALL pg_temp.zdt_step%' AND datname = current_database())"
)
BEHIND_US = "SET lock_timeout = '3s'"


@pytest.fixture
def tables(db):
    """Two tables with a row each."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    db.execute("INSERT INTO orders VALUES (1, 1)")


@contextmanager
def replaying(db, project, script):
    """Replay while the body runs; yields a list that will hold the result."""
    found = []
    thread = threading.Thread(target=lambda: found.append(project.psql(script)))
    thread.start()
    try:
        db.wait_until(WAITING)
        yield found
    finally:
        thread.join(60)
    assert not thread.is_alive()


def check(project, flavor, **settings):
    project.revision(
        "r1", 'op.create_check_constraint_two_phase("ck", "users", "id > 0")'
    )
    x = [f"zdt.{name}={value}" for name, value in settings.items()]
    return project.sql(flavor=flavor, x=x)


@every_flavor
def test_application_goes_on_behind_a_waiting_script(db, project, tables, flavor):
    """Somebody holds the table for long; readers and writers pass all the time."""
    script = check(project, flavor, lock_timeout="100ms")
    with db.holding("SELECT FROM users") as holder:
        with replaying(db, project, script) as found:
            with db.session() as application:
                application.execute(BEHIND_US)
                for _ in range(50):
                    application.execute("SELECT FROM users")
                    application.execute("UPDATE users SET email = email")
            holder.execute("COMMIT")

    assert found[0].ok()
    assert db.is_validated("ck")


@every_flavor
def test_script_gives_up_at_the_deadline(db, project, tables, flavor):
    """It says what it could not do, and has changed nothing."""
    script = check(project, flavor, lock_timeout="50ms", lock_deadline="1s")
    before = db.catalog()

    with db.holding("SELECT FROM users"):
        replay = project.psql(script)

    assert replay.rc == 3
    error, detail, hint = replay.stderr.splitlines()[:3]
    assert error == (
        'ERROR:  could not add check constraint "ck" as NOT VALID: no lock within'
        " 00:00:01"
    )
    assert detail.endswith(" tries of at most 00:00:00.05 were made.")
    assert hint == (
        "HINT:  End the transaction that holds it, then run this script again;"
        " finished steps are skipped."
    )
    assert db.catalog() == before


def test_waiting_script_holds_up_no_build_elsewhere(db, project, tables):
    """CREATE INDEX CONCURRENTLY waits for old snapshots; the script keeps none."""
    script = check(project, "psql", lock_timeout="50ms")
    with db.holding("LOCK TABLE users IN ACCESS SHARE MODE") as holder:
        with replaying(db, project, script) as found:
            with db.session() as other:
                other.execute("SET statement_timeout = '10s'")
                other.execute("CREATE INDEX CONCURRENTLY ix ON orders (user_id)")
            holder.execute("COMMIT")

    assert found[0].ok()
    assert db.index("ix").is_valid


def test_waiting_script_begins_a_new_transaction_for_each_try(db, project, tables):
    """Seen in pg_stat_activity: one CALL, several transactions."""
    script = check(project, "psql", lock_timeout="50ms")
    starts = (
        "SELECT query_start, xact_start FROM pg_stat_activity"
        " WHERE application_name = 'psql' AND query LIKE 'CALL pg_temp.zdt_step%'"
        " AND datname = current_database()"
    )
    with db.holding("SELECT FROM users") as holder:
        with replaying(db, project, script):
            ((query, first),) = db.rows(starts)
            db.wait_until(
                "(SELECT xact_start FROM pg_stat_activity WHERE application_name ="
                " 'psql' AND query_start = %s AND datname = current_database()) > %s",
                query,
                first,
            )
            holder.execute("COMMIT")


def test_parent_is_free_while_the_child_is_waited_for(db, project, tables):
    """Both locks of a foreign key share one bound, and are let go between tries."""
    project.revision(
        "r1",
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"])',
    )
    script = project.sql(flavor="psql", x=["zdt.lock_timeout=100ms"])
    with db.holding("UPDATE orders SET user_id = user_id") as holder:
        with replaying(db, project, script) as found:
            with db.session() as application:
                application.execute(BEHIND_US)
                for _ in range(50):
                    application.execute("UPDATE users SET email = email")
            holder.execute("COMMIT")

    assert found[0].ok()
    assert db.is_validated("fk")


def test_foreign_key_is_dropped_with_the_parent_locked_first(db, project, tables):
    """While the parent is waited for, the child is free for reads and writes."""
    db.execute(
        "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users"
    )
    project.revision("r1", 'op.drop_constraint_safely("fk", "orders", "foreignkey")')
    script = project.sql(flavor="psql", x=["zdt.lock_timeout=1s"])
    with db.holding("SELECT FROM users") as holder:
        with replaying(db, project, script) as found:
            db.wait_until(
                "EXISTS (SELECT FROM pg_locks WHERE relation = 'users'::regclass"
                " AND mode = 'AccessExclusiveLock' AND NOT granted)"
            )
            assert not db.rows(
                "SELECT FROM pg_locks WHERE relation = 'orders'::regclass"
                " AND mode = 'AccessExclusiveLock'"
            )
            holder.execute("COMMIT")

    assert found[0].ok()
    assert not db.rows("SELECT FROM pg_constraint WHERE conname = 'fk'")


def test_time_left_in_the_queue_is_shared_by_all_locks_of_a_try(db, project):
    """What is left becomes the next lock's timeout; never 0, which means for ever."""
    project.revision("r1", 'op.drop_not_null("users", "email")')
    script = project.sql(flavor="plain")
    shared = script[
        script.index("-- Procedures and functions") : script.index("-- alembic_zdt:")
    ]
    db.execute(shared)

    left = (
        "extract(epoch FROM pg_temp.zdt_queue_until(clock_timestamp() + %s)::interval)"
    )

    assert 0 < db.value(f"SELECT {left}", timedelta(seconds=10)) <= 10
    assert db.value(f"SELECT 1000 * {left}", timedelta(microseconds=100)) == 1
    assert db.value(f"SELECT 1000 * {left}", timedelta(seconds=-5)) == 1


def test_partitions_are_locked_parents_first(db, project):
    """In the order in which PostgreSQL's own statements lock them."""
    db.execute("CREATE TABLE p2 (id int)")
    db.execute("CREATE TABLE p1 (id int)")
    db.execute("CREATE TABLE events (id int) PARTITION BY RANGE (id)")
    db.execute("ALTER TABLE events ATTACH PARTITION p1 FOR VALUES FROM (0) TO (1)")
    db.execute("ALTER TABLE events ATTACH PARTITION p2 FOR VALUES FROM (1) TO (2)")
    project.revision("r1", 'op.drop_not_null("events", "id")')
    script = project.sql(flavor="plain")
    shared = script[
        script.index("-- Procedures and functions") : script.index("-- alembic_zdt:")
    ]
    db.execute(shared)

    tables = "SELECT relation::text FROM pg_temp.zdt_tables(%s) AS relation"

    assert db.column(tables, "events") == ["events", "p2", "p1"]
    assert db.column(tables, "ONLY events") == ["events"]
    assert db.column(tables, "p1") == ["p1"]


@every_flavor
def test_timeouts_of_the_session_are_put_back(db, project, tables, flavor):
    """Also those that the script itself has set before."""
    kept = {"lock_timeout": "4s", "statement_timeout": "1min"}
    if db.server.version >= 17:
        kept["transaction_timeout"] = "2min"
    setting = "; ".join(f"SET {name} = '{value}'" for name, value in kept.items())
    now = ", ".join(f"current_setting('{name}')" for name in kept)
    project.revision(
        "r1",
        f'op.execute("{setting}")\n'
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        f'op.execute("CREATE TABLE kept AS SELECT ARRAY[{now}] AS v")',
    )

    project.psql(project.sql(flavor=flavor)).ok()

    assert db.value("SELECT v FROM kept") == list(kept.values())


@every_flavor
def test_build_outlives_the_timeouts_of_the_session(db, project, tables, flavor):
    """A lock_timeout would end the waiting inside of a build: an INVALID index."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    script = "SET lock_timeout = 1; SET statement_timeout = '500ms';\n"
    if db.server.version >= 17:
        script += "SET transaction_timeout = '500ms';\n"
    script += project.sql(flavor=flavor)
    building = (
        "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'psql' AND"
        " query LIKE 'CREATE INDEX CONC%' AND wait_event_type = 'Lock'"
        " AND datname = current_database()"
        " AND clock_timestamp() > query_start + interval '700 ms')"
    )
    found = []
    with db.holding("UPDATE users SET email = email") as writer:
        thread = threading.Thread(target=lambda: found.append(project.psql(script)))
        thread.start()
        db.wait_until(building)
        writer.execute("COMMIT")
        thread.join(60)

    assert found[0].ok()
    assert db.index("ix").is_valid
