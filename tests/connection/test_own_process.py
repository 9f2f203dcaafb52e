"""A session of this process would make us wait for ever: refused instead."""

from __future__ import annotations

import re
import time

import pytest
import sqlalchemy as sa

from alembic_zdt import registration
from alembic_zdt.errors import LockNotAvailableError, OwnProcessBlocksError
from tests.support.messages import error_page, without_revision
from tests.support.own import own_session

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL)"
PARTITIONED = (
    "CREATE TABLE orders (id int, total int NOT NULL) PARTITION BY RANGE (id);"
    "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (9)"
)
INDEX = 'op.create_index_concurrently("ix", "orders", ["total"])'
NO_INDEX = 'op.drop_index_concurrently("ix", "orders")'
NULLABLE = 'op.drop_not_null("orders", "total")'
# Far below the deadlines, which are minutes.
QUICKLY = 30.0

both_drivers = pytest.mark.parametrize("holder", ["psycopg", "asyncpg"])


def _refusal(project):
    began = time.monotonic()
    with pytest.raises(OwnProcessBlocksError) as caught:
        project.upgrade()
    assert time.monotonic() - began < QUICKLY
    return caught.value


def _steady(error):
    return re.sub(r"for \d+\.\d s", "for N s", without_revision(error.message))


@both_drivers
def test_lock_held_by_this_process_is_refused(db, project, driver, holder):
    """The code that would end that transaction may be waiting for this step."""
    db.execute(ORDERS)
    project.revision("r1", NULLABLE)

    query = "SELECT count(*) FROM orders"
    with own_session(db, holder, query) as pid:
        error = _refusal(project)

    assert _steady(error) == (
        'could not drop NOT NULL of "orders.total": this process itself holds the'
        " lock\n"
        "detail: The step needs ACCESS EXCLUSIVE on orders, and the code that would "
        "end the open transaction may be waiting for this step. Held by pid "
        f"{pid} (a session of this process) for N s, state "
        f'"idle in transaction", query: {query}.\n'
        "hint: Commit or close that session before the migration starts, or run "
        "Alembic in a process of its own.\n"
        f"docs: {error_page('own-process')}"
    )
    assert error.pids == [pid]
    project.upgrade()


@both_drivers
def test_snapshot_held_by_this_process_is_refused_before_an_index_build(
    db, project, driver, holder
):
    """With bind parameters an idle transaction keeps its snapshot."""
    db.execute(ORDERS)
    project.revision("r1", INDEX)

    query = "SELECT CAST(:n AS int)"
    with own_session(db, holder, query, n=1) as pid:
        error = _refusal(project)

    shown = query.replace(":n", "$1")
    assert _steady(error).replace("$1::INTEGER", "$1") == (
        'could not build index "ix": this process itself has an open transaction\n'
        "detail: A CONCURRENTLY statement waits for every older transaction, and the "
        "code that would end this one may be waiting for this step. Held by pid "
        f"{pid} (a session of this process) for N s, state "
        f'"idle in transaction", query: {shown}.\n'
        "hint: Commit or close that session before the migration starts, or run "
        "Alembic in a process of its own.\n"
        f"docs: {error_page('own-process')}"
    )
    assert db.indexes("orders") == ["orders_pkey"]
    project.upgrade()
    assert db.index("ix").is_valid


def test_reader_of_this_process_is_refused_before_an_index_is_dropped(db, project):
    """It has no snapshot, but DROP INDEX CONCURRENTLY waits for its lock."""
    db.execute(ORDERS)
    db.execute("CREATE INDEX ix ON orders (total)")
    project.revision("r1", NO_INDEX)

    with own_session(db, "psycopg", "SELECT count(*) FROM orders") as pid:
        error = _refusal(project)

    assert error.primary == (
        'could not drop index "ix": this process itself has an open transaction'
    )
    assert error.pids == [pid]
    assert db.index("ix").is_valid


def test_reader_of_this_process_does_not_hinder_an_index_build(db, project):
    """Without a snapshot nobody waits for it."""
    db.execute(ORDERS)
    project.revision("r1", INDEX)

    with own_session(db, "psycopg", "SELECT count(*) FROM orders"):
        project.upgrade()

    assert db.index("ix").is_valid


def test_partition_locked_by_this_process_is_refused(db, project):
    """Finding out does not wait for the partition's lock either."""
    db.execute(PARTITIONED)
    project.revision("r1", NULLABLE)

    project.settings(lock_deadline="20s")

    lock = "LOCK TABLE orders_1 IN ACCESS EXCLUSIVE MODE"
    with own_session(db, "psycopg", lock) as pid:
        error = _refusal(project)

    assert error.pids == [pid]


def test_closed_connections_of_this_process_are_passed_over(db, project):
    """Somebody may still refer to one; psycopg's then has no host any more."""
    registration.register()
    db.execute(ORDERS)
    project.revision("r1", NULLABLE)
    project.settings(lock_deadline="1s")
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        closed = connection.connection.driver_connection

    with db.holding("SELECT count(*) FROM orders"):
        with pytest.raises(LockNotAvailableError):
            project.upgrade()

    assert closed is not None
    assert closed.closed
