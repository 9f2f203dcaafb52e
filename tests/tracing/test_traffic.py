"""What the statements of an application wait for while a migration runs."""

from __future__ import annotations

from functools import partial

import pytest

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.tracing.traffic import Traffic, as_written


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
