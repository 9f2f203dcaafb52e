"""What is seen of a statement: locks, scans, rewrites."""

from __future__ import annotations

import threading
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from alembic_zdt.names import QualifiedName
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.tracing import claims
from alembic_zdt.tracing.claims import undeclared
from alembic_zdt.tracing.partition_trees import trees
from alembic_zdt.tracing.stalls import stalls
from alembic_zdt.tracing.trace import traced

ORDERS = (
    "CREATE TABLE orders (id int PRIMARY KEY, state text)",
    "INSERT INTO orders SELECT n, 'new' FROM generate_series(1, 50) n",
    "CREATE TABLE lines (order_id int)",
)
# A statement, its strongest lock on each table, the rows that it read, what it rewrote.
STATEMENTS = {
    "index": (
        "CREATE INDEX ON orders (state)",
        {"orders": "SHARE"},
        {"orders": 50},
        [],
    ),
    "concurrently": (
        "CREATE INDEX CONCURRENTLY ON orders (state)",
        {"orders": "SHARE UPDATE EXCLUSIVE"},
        {"orders": 100},
        [],
    ),
    "type": (
        "ALTER TABLE orders ALTER id TYPE bigint",
        {"orders": "ACCESS EXCLUSIVE"},
        {"orders": 100},
        ["orders"],
    ),
    "foreign-key": (
        "ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders",
        {"orders": "SHARE ROW EXCLUSIVE", "lines": "SHARE ROW EXCLUSIVE"},
        {"lines": 0},
        [],
    ),
    "new-table": ("CREATE TABLE other (id int)", {}, {}, []),
    "update": (
        "UPDATE orders SET state = 'old'",
        {"orders": "ROW EXCLUSIVE"},
        {"orders": 50},
        [],
    ),
    "function": (
        "SELECT rename_state()",
        {"orders": "ACCESS EXCLUSIVE"},
        {},
        [],
    ),
}
PATIENT = "SET lock_timeout = '1s'"
RENAME = "ALTER TABLE orders RENAME state TO status"
UPDATE, OLD = "UPDATE orders SET status = 'old'", "UPDATE orders SET state = 'old'"
FUNCTION = """
CREATE FUNCTION rename_state() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN ALTER TABLE orders RENAME state TO status; END $$
"""


@pytest.fixture
def orders(db):
    for statement in (*ORDERS, FUNCTION):
        db.execute(statement)


def run(db, driver, *statements):
    """Trace statements over one connection in autocommit mode."""

    def work(connection):
        for statement in statements:
            connection.exec_driver_sql(statement)

    with traced(db.database, partial(over, db.url())) as tracer:
        over(db.url(driver), work)
    return tracer.statements


def strongest(statement):
    modes = {}
    for lock in sorted(statement.locks, key=lambda each: len(each.mode.conflicts)):
        if lock.relation == lock.table:
            modes[lock.relation.name] = lock.mode.value
    return modes


@pytest.mark.compat
@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("case", STATEMENTS)
def test_locks_scans_and_rewrites_are_seen(db, driver, case):
    statement, locks, scans, rewritten = STATEMENTS[case]

    (found,) = run(db, driver, statement)

    assert strongest(found) == locks
    assert {name.name: rows for name, rows in found.scans.items()} == scans
    assert [name.name for name in found.rewritten] == rewritten
    assert found.is_lock_seen


@pytest.mark.usefixtures("orders")
def test_lock_belongs_to_the_statement_that_takes_it(db, driver):
    """It is held until the end of the transaction."""
    found = run(
        db,
        driver,
        "BEGIN",
        "LOCK TABLE orders IN EXCLUSIVE MODE",
        "SAVEPOINT a",
        "SELECT pg_sleep(0.2)",
        "ROLLBACK TO a",
        "CREATE INDEX ON orders (state)",
        "COMMIT",
        "UPDATE orders SET state = 'old'",
    )

    lock, sleep, index, update = found
    assert strongest(lock) == {"orders": "EXCLUSIVE"}
    assert strongest(index) == {"orders": "SHARE"}
    assert not sleep.locks
    assert lock.transaction == index.transaction != update.transaction
    assert lock.locks[0].held >= 0.2
    assert update.locks[0].held < lock.locks[0].held


@pytest.mark.usefixtures("orders")
def test_error_reaches_the_caller_and_leaves_no_transaction(db, driver):
    def work(connection):
        with pytest.raises(DBAPIError, match="does not exist"):
            connection.exec_driver_sql("ALTER TABLE orders DROP COLUMN missing")
        connection.exec_driver_sql("ALTER TABLE orders DROP COLUMN state")

    with traced(db.database, partial(over, db.url())) as tracer:
        over(db.url(driver), work)

    assert [each.failed for each in tracer.statements] == [True, False]
    assert db.columns("orders") == ["id"]


@pytest.mark.usefixtures("orders")
def test_time_in_the_queue_is_seen(db):
    with db.session() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE orders")
        found = []
        thread = threading.Thread(
            target=lambda: found.extend(run(db, "psycopg", "TRUNCATE orders"))
        )
        thread.start()
        db.wait_until(
            "EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND relation = 'orders'::regclass"
            " AND clock_timestamp() - waitstart > '50 ms')"
        )
        other.execute("COMMIT")
        thread.join()

    (truncate,) = found
    assert 0 < max(each.queued for each in truncate.locks) <= truncate.took


@pytest.mark.usefixtures("orders")
def test_rows_and_wal_of_statements(db):
    def work(connection):
        connection.exec_driver_sql("UPDATE orders SET state = 'x' WHERE id <= 3")
        connection.exec_driver_sql("SELECT count(*) FROM orders")

    with traced(db.database, partial(over, db.url())) as tracer:
        over(db.url(), work)

    update, question = tracer.statements
    assert update.rows == 3
    assert update.wal > 100
    assert update.began + update.took <= question.began
    assert update.locks[0].since >= update.began


@pytest.mark.usefixtures("orders")
def test_statement_that_a_listener_refuses_leaves_nothing_behind(db):
    """As the guard does."""

    def refuse(_connection, _cursor, sql, *_):
        if "refused" in sql:
            raise PermissionError

    def work(connection):
        sa.event.listen(connection, "before_cursor_execute", refuse)
        for refused in ("DROP TABLE refused", "DROP INDEX CONCURRENTLY refused"):
            with pytest.raises(PermissionError):
                connection.exec_driver_sql(refused)
            connection.exec_driver_sql("SET lock_timeout = '1s'")
        connection.exec_driver_sql("TRUNCATE orders")

    with traced(db.database, partial(over, db.url())) as tracer:
        over(db.url(), work)

    assert [each.sql for each in tracer.statements] == ["TRUNCATE orders"]
    assert db.value("SELECT count(*) FROM orders") == 0


@pytest.mark.usefixtures("orders")
def test_connection_of_a_pool_is_traced_again(db):
    engine = sa.create_engine(db.url())
    found = []
    for _ in range(2):
        with traced(db.database, partial(over, db.url())) as tracer:
            with engine.begin() as connection:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                connection.exec_driver_sql("TABLE orders")
        found.append([each.sql for each in tracer.statements])
    engine.dispose()

    assert found == [["TABLE orders"]] * 2


@pytest.mark.usefixtures("orders")
def test_other_databases_are_not_traced(db):
    with traced("another_one", partial(over, db.url())) as tracer:
        over(db.url(), lambda connection: connection.exec_driver_sql("SELECT 1"))

    assert not tracer.statements


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["SET lock_timeout = '1s'", "CREATE INDEX ON orders (state)"], "reads all"),
        (["ALTER TABLE orders DROP COLUMN state"], "without a lock_timeout"),
        (["SET lock_timeout = '1s'", "ALTER TABLE orders DROP COLUMN state"], ""),
        (["CREATE INDEX CONCURRENTLY ON orders (state)"], ""),
        (["CREATE INDEX ON lines (order_id)"], ""),
        (["UPDATE orders SET state = 'old'"], ""),
        ([f"{PATIENT}; CREATE INDEX ON orders (state)"], "reads all"),
        ([PATIENT, "TRUNCATE orders"], ""),
        (["CREATE INDEX ix ON lines (order_id)", "DROP INDEX CONCURRENTLY ix"], ""),
        (["BEGIN ISOLATION LEVEL SERIALIZABLE", "TABLE orders", "COMMIT"], ""),
        ([PATIENT, "BEGIN", RENAME, "COMMIT", "BEGIN", UPDATE, "COMMIT"], ""),
        ([PATIENT, "BEGIN", "SAVEPOINT a", RENAME, "ROLLBACK TO a", OLD], ""),
        (
            [
                *(PATIENT, "BEGIN", RENAME, UPDATE, "COMMIT"),
            ],
            "reads all",
        ),
    ],
)
def test_stalls_are_long_work_under_a_lock_and_waits_without_end(db, statements, words):
    found = run(db, "psycopg", *statements)

    large = {QualifiedName("orders", db.schema)}
    told = [str(each) for each in stalls(found, large)]

    assert len(told) == bool(words)
    assert all(words in each for each in told)


@pytest.mark.parametrize("declared", [True, False])
def test_lock_that_a_step_does_not_declare_is_found(db, project, declared, monkeypatch):
    db.execute("CREATE TABLE events (id int, day int) PARTITION BY RANGE (day)")
    db.execute("CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (10)")
    project.revision(
        "r1", "op.create_check_constraint_two_phase('ck', 'events', 'id > 0')"
    )
    if not declared:
        monkeypatch.setattr(claims, "_covers", lambda claim, *_: claim.tree is None)

    with traced(db.database, partial(over, db.url())) as tracer:
        project.upgrade()

    found = [str(e) for e in undeclared(tracer.statements, over(db.url(), trees))]
    steps = {each.step.purpose for each in tracer.statements if each.step}
    assert len(steps) > 1
    assert bool(found) is not declared
    if not declared:
        assert f"ACCESS EXCLUSIVE on {db.schema}.e1, which it does not" in str(found)
