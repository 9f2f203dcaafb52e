"""What the statements of an application wait for while a migration runs."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import make_url

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.tracing.traffic import Traffic, as_written
from tests.support.roles import PASSWORD, role
from tests.support.waiting import wait_until


@pytest.fixture
def orders(db):
    db.execute("CREATE TABLE orders (id int, state text)")


@pytest.mark.usefixtures("orders")
def test_wait_counts_for_each_statement_that_was_due(db, driver):
    read, write = "SELECT count(*) FROM orders", "INSERT INTO orders VALUES (1)"
    sent = as_written([read, write])
    traffic = Traffic(partial(over, db.url(driver)), sent, rate=100)

    with traffic.running():
        with db.connection.transaction():
            db.execute("LOCK TABLE orders")
            db.wait_until(
                "(SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND relation = 'orders'::regclass"
                " AND clock_timestamp() - waitstart > '200 ms') = 2"
            )

    assert traffic.longest >= 0.2
    assert not traffic.errors
    for statement in (read, write):
        late = [a for a in traffic.answers if a.statement == statement and a.took > 0.1]
        assert len(late) >= 5  # also those that were due while the first one waited
    assert db.value("SELECT count(*) FROM orders") == 1 + sum(
        each.statement == write for each in traffic.answers
    )


@pytest.mark.usefixtures("orders")
def test_statements_share_connections_of_a_role_that_has_few(db):
    """Half of those that are free, whether or not the last session has ended."""
    names = [f"SELECT {n} FROM orders" for n in range(5)]
    with role(db, "few") as name:
        db.execute(f"GRANT SELECT ON orders TO {name}")
        db.execute(f"ALTER ROLE {name} CONNECTION LIMIT 6")
        own = make_url(db.url()).set(username=name, password=PASSWORD)
        connected = partial(over, own.render_as_string(hide_password=False))
        traffic = Traffic(connected, as_written(names), rate=50)

        with traffic.running():
            db.execute("ALTER TABLE orders ADD note text")

    assert len(traffic._processes) == 2
    assert {each.statement for each in traffic.answers} == {*names}
    assert not traffic.errors


@pytest.mark.usefixtures("orders")
def test_error_of_the_application_is_kept(db):
    sent = as_written(["SELECT state FROM orders"])
    traffic = Traffic(partial(over, db.url()), sent, rate=100)

    with traffic.running():
        db.execute("ALTER TABLE orders DROP COLUMN state")
        before = len(traffic.errors)
        while len(traffic.errors) == before:
            db.execute("SELECT 1")

    assert 'column "state" does not exist' in str(traffic.errors[0].error)


@pytest.mark.usefixtures("orders")
def test_traffic_that_fails_before_the_migration_is_refused(db):
    sent = as_written(["SELECT missing FROM orders"])
    traffic = Traffic(partial(over, db.url()), sent, rate=100)

    with pytest.raises(UsageError, match="fails before the migration: SELECT missing"):
        with traffic.running():
            pass


@pytest.mark.usefixtures("orders")
def test_client_connects_again_after_its_connection_was_lost(db, driver):
    statement = "SELECT count(*) FROM orders"
    traffic = Traffic(partial(over, db.url(driver)), as_written([statement]), rate=100)

    with traffic.running():
        for pid in (*traffic._processes.values(),):
            db.execute("SELECT pg_terminate_backend(%s)", pid)
        while not traffic.errors or traffic.answers[-1].error is not None:
            db.execute("SELECT 1")

    assert len(traffic.errors) == 1


@pytest.mark.usefixtures("orders")
def test_lock_that_the_body_leaves_does_not_hold_up_the_end(db, driver, monkeypatch):
    monkeypatch.setattr("alembic_zdt.tracing.traffic._PATIENCE", 0.2)
    sent = as_written(["SELECT count(*) FROM orders"])
    traffic = Traffic(partial(over, db.url(driver)), sent, rate=100)

    with db.session() as other:
        with traffic.running():
            other.execute("BEGIN")
            other.execute("LOCK TABLE orders")

        assert traffic.errors


def test_backlog_of_slow_statements_is_left(db):
    """Nobody waits for a lock: it is no error of the application."""
    slow = as_written(["SELECT pg_sleep(0.5)"])
    traffic = Traffic(partial(over, db.url()), slow, 100)

    with traffic.running():
        wait_until(lambda: len(traffic.answers) > 2, "it was sent")

    assert traffic.errors == []
    assert len(traffic.answers) < 12


def test_client_that_cannot_connect_ends_it_before_the_body(db):
    calls = itertools.count()

    def connected(work):
        if next(calls) > 1:  # behind the question for room and the first client
            raise ConnectionError
        return over(db.url(), work)

    traffic = Traffic(connected, as_written(["SELECT 1", "SELECT 2"]), 10)

    with pytest.raises(ConnectionError), traffic.running(tried=False):
        pytest.fail("the body ran")


def test_clients_end_if_one_of_them_cannot_be_started(db, monkeypatch):
    """As after Ctrl-C: those that wait for the begin are let go."""
    started = ThreadPoolExecutor.submit

    def submit(pool, work, *arguments):
        if arguments and arguments[0].start == 2:
            raise KeyboardInterrupt
        return started(pool, work, *arguments)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    traffic = Traffic(partial(over, db.url()), as_written(["SELECT 1"] * 4), 10)

    with pytest.raises(KeyboardInterrupt), traffic.running(tried=False):
        pytest.fail("the body ran")
