"""What goes wrong around a queued call, and must not end it or its worker."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

import pytest
from sqlalchemy.engine import make_url

from alembic_zdt.backfill.revision_calls import RevisionCalls
from alembic_zdt.commands import night_queue, night_work
from alembic_zdt.commands.databases_with import in_databases
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.queueing.queue_leases import QueueLeases
from alembic_zdt.queueing.queue_table import queue_of
from alembic_zdt.queueing.queue_worker import QueueWorker
from alembic_zdt.runner.configuration import settings_of
from tests.queueing.queued import CALL, INDEX, NAME, later, window
from tests.support.interruption import end_backend

BUILD_N = CALL.replace("user_id", "n")
OF_USERS = CALL.replace("orders", "users")
UNIQUE = OF_USERS.replace('["user_id"]', '["user_id"], unique=True')
USERS = "create:ix_users_user_id"
ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

for url in {urls!r}:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
FINISHED = "SELECT status = 'finished' FROM {}alembic_zdt_queue WHERE name = %s"


def watching(orders):
    return orders.project.start("work", "--watch", module="alembic_zdt")


def wait_for(orders, name, place=""):
    """Return when a worker has finished the call."""
    orders.db.wait_until(f"({FINISHED.format(place)})", name, timeout=120)


def set_queue(orders, **settings):
    orders.project.settings(queue_per_server="50", **settings)


def test_a_watching_worker_outlives_revisions_and_its_connection(orders):
    orders.queue(later(CALL))
    orders.project.revision("b1", later(BUILD_N))
    orders.project.revision("c1", later(OF_USERS))
    worker = watching(orders)
    wait_for(orders, NAME)

    orders.project.upgrade("b1")
    wait_for(orders, "create:ix_orders_n")
    looking = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    for pid in orders.db.column(looking):
        end_backend(orders.db, pid)
    orders.project.upgrade("c1")
    wait_for(orders, USERS)
    worker.interrupt()
    ended = worker.wait()

    assert ended.rc == 130
    assert "trying again" in ended.output


def test_one_call_does_not_keep_the_others(orders):
    """One cannot begin, one has a window of another machine, and one fails."""
    set_queue(orders, snapshot_deadline="300ms", show_queries="false")
    orders.db.execute("UPDATE users SET user_id = 4711 WHERE id < 3")
    last = OF_USERS.replace("user_id", "n")
    orders.queue(later(BUILD_N), later(CALL), later(UNIQUE), later(last))
    orders.db.execute(
        "UPDATE alembic_zdt_queue SET time_window = '22:00-05:00 Moon/Sea'"
        " WHERE name = 'create:ix_orders_n'"
    )
    with orders.db.session() as other:
        other.execute("BEGIN")
        other.execute("UPDATE orders SET n = 2 WHERE id = 1")
        assert orders.work().rc == 255
        other.execute("ROLLBACK")

    shown = orders.zdt("status").ok().stdout
    assert f"{NAME}: queued\n  waiting: it could not be run, and is tried" in shown
    assert 'the window "22:00-05:00 Moon/Sea" cannot be read here' in shown
    assert orders.indexes == {"ix_users_n"}
    error = str(
        orders.db.value("SELECT error FROM alembic_zdt_queue WHERE name = %s", USERS)
    )
    assert f"alembic-zdt queue retry {USERS}" in error
    assert "show_queries is off" in error
    assert "4711" not in error
    assert "same command" not in error

    orders.work().ok()  # not again within a minute
    assert orders.status() == "queued"
    orders.db.execute("UPDATE alembic_zdt_queue SET rests_until = now()")
    orders.work().ok()
    assert orders.status() == "finished"


def test_a_call_that_waits_can_be_cancelled(orders, monkeypatch):
    orders.queue(later(CALL))
    with orders.db.session() as other:
        other.execute("BEGIN")
        other.execute("UPDATE orders SET n = 2 WHERE id = 1")
        worker = orders.project.start("work", module="alembic_zdt")
        orders.db.wait_until(
            "(SELECT status = 'running' FROM alembic_zdt_queue)", timeout=60
        )
        orders.zdt("cancel", NAME).ok()
        worker.wait().ok()
        other.execute("ROLLBACK")
    assert orders.status() == "cancelled"
    assert not orders.indexes

    # A worker that is interrupted, and one that does not hear.
    orders.db.execute("UPDATE alembic_zdt_queue SET status = 'running'")
    orders.zdt("pause", NAME).ok()
    assert orders.status() == "paused"
    orders.db.execute(
        "UPDATE alembic_zdt_queue SET status = 'running', worker = 'other',"
        f" worker_pid = {orders.db.pid}, leased_at = clock_timestamp()"
    )
    monkeypatch.setattr(night_queue, "_PATIENCE", 0.0)
    with pytest.raises(LockNotAvailableError, match="its worker still runs it"):
        night_queue.change(orders.project.config(), NAME, "cancel")
    assert orders.status() == "cancelled"


def test_a_call_is_looked_at_again_right_before_it_begins(orders):
    """Its window closes while it waits, and its row is replaced."""
    opened = window(-1, 2)
    orders.queue(later(CALL, f', window="{opened}"'))
    now = datetime.now(UTC)
    clock = chain([now], repeat(now + timedelta(hours=12)))
    config = orders.project.config()

    def look(context, database: Database) -> None:
        calls = RevisionCalls(config)
        worker = QueueWorker(context, database, calls, clock=lambda: next(clock))
        worker.work()
        queue = queue_of(database, settings_of(context), context)
        call = queue.existing(NAME)
        assert call.status == "queued"
        assert re.match("the window .* opens at ", call.waiting or "")
        queue.change(NAME, "call = 'another'", "true")
        assert not QueueLeases(queue).lease(call)
        assert QueueLeases(queue).lease(queue.existing(NAME))

    in_databases(config, look)
    assert not orders.indexes


def test_a_backfill_lets_calls_begin_meanwhile(orders, monkeypatch):
    """The first batch of the backfill approves a call."""
    set_queue(orders, backfill_triggers="fire")
    orders.queue(
        later(OF_USERS, ", approve=True"),
        'op.backfill("orders", {"n": "2"}, where="n = 1", batch_size=10,'
        ' mode="background")',
        downgrade="pass",
    )
    orders.db.execute(
        "CREATE FUNCTION approve() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN UPDATE alembic_zdt_queue SET is_approved = true; RETURN NULL; END'"
    )
    orders.db.execute(
        "CREATE TRIGGER approve AFTER UPDATE ON orders FOR EACH STATEMENT"
        " EXECUTE FUNCTION approve()"
    )
    monkeypatch.setattr(night_work, "_SLICE", 0.0)
    monkeypatch.setattr(night_work, "_POLL", 0.01)

    night_work.work(orders.project.config(), None, watch=False)

    assert orders.indexes == {"ix_users_user_id"}
    assert orders.db.is_true(
        "SELECT q.finished_at < b.finished_at"
        " FROM alembic_zdt_queue q, alembic_zdt_backfill b"
    )


def test_each_of_several_databases_has_its_turn(orders, new_schema):
    """Two schemas with queues of their own.  In each the table of a call is missing."""
    other = new_schema()
    url = make_url(orders.db.url())
    urls = [
        url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(
            hide_password=False
        )
        for schema in (orders.db.schema, other)
    ]
    users = f"{other}.users"
    for table in ("orders", "users"):
        orders.db.execute(f"CREATE TABLE {other}.{table} AS TABLE {table}")
    orders.project.write(orders.project.env, ENV.format(urls=urls))
    orders.queue(later(CALL), later(OF_USERS))
    orders.db.execute(f"DROP TABLE {users}")
    orders.db.execute("ALTER TABLE orders RENAME TO orders_2")

    assert orders.work("--max-seconds", "600").rc == 255

    assert (orders.status(), orders.status(USERS)) == ("failed", "finished")
    orders.db.execute(f"CREATE TABLE {users} AS TABLE users")
    worker = watching(orders)
    orders.zdt("retry", USERS).ok()
    wait_for(orders, USERS, f"{other}.")
    orders.db.execute("ALTER TABLE orders_2 RENAME TO orders")
    orders.zdt("retry", NAME).ok()
    wait_for(orders, NAME)
    worker.interrupt()
    assert worker.wait().rc == 130
    assert orders.indexes == {INDEX, "ix_users_user_id"}
