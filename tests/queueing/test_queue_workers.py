"""Several workers of one queue, and those that are killed or cancelled."""

from __future__ import annotations

from tests.queueing.queued import CALL, DROP, INDEX, NAME, later
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held
from tests.support.interruption import end_backend

BUILD = "CREATE INDEX CONCURRENTLY"


def start(orders, *arguments):
    """Start a worker in a process of its own."""
    return orders.project.start("work", *arguments, module="alembic_zdt")


def test_the_build_of_a_killed_worker_is_taken_by_another(orders):
    orders.queue(later(CALL))
    with door_held(orders.db, "orders"):
        worker = start(orders)
        pid = backend_in_the_door(orders.db, BUILD, worker)
        assert f"{NAME}: running by " in orders.zdt("status").ok().stdout
        worker.kill()
        end_backend(orders.db, pid)
        assert f"{NAME}: interrupted\n" in orders.zdt("status").ok().stdout

        second = start(orders)
        backend_in_the_door(orders.db, "DROP INDEX CONCURRENTLY", second)
        second.interrupt()
        assert second.wait().rc == 130
    assert f"{NAME}: interrupted\n" in orders.zdt("status").ok().stdout

    orders.work().ok()

    assert orders.indexes == {INDEX}
    assert orders.status() == "finished"


def test_a_table_has_one_build_at_a_time(orders):
    second = CALL.replace("user_id", "n")
    orders.queue(later(CALL), later(second), later(CALL.replace("orders", "users")))
    # The test's own session has the first build.
    orders.db.execute(
        "UPDATE alembic_zdt_queue SET status = 'running', worker = 'other',"
        f" worker_pid = {orders.db.pid}, leased_at = clock_timestamp()"
        f" WHERE name = '{NAME}'"
    )

    orders.work("--max-seconds", "0.1").ok()

    assert orders.indexes == {"ix_users_user_id"}
    assert orders.status("create:ix_orders_n") == "queued"
    # Another session has got the pid later.
    orders.db.execute(
        "UPDATE alembic_zdt_queue SET leased_at = pg_postmaster_start_time()"
    )
    orders.work().ok()
    assert orders.indexes == {INDEX, "ix_orders_n", "ix_users_user_id"}


def test_a_later_call_waits_for_the_worker(orders):
    orders.queue(later(CALL))
    orders.project.revision("b1", CALL)
    with upgrading(orders.project) as upgrade:
        with door_held(orders.db, "orders"):
            worker = start(orders)
            backend_in_the_door(orders.db, BUILD, worker)
            upgrade.begin()
            looks = (
                "EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
                " AND query LIKE '%alembic_zdt_queue q WHERE q.name%')"
            )
            orders.db.wait_until(looks, timeout=60)
            assert upgrade.is_running
        worker.wait().ok()
    assert upgrade.error is None
    assert orders.project.current == ["b1"]
    assert orders.status() == "finished"


def test_cancel_and_a_downgrade_stop_a_running_build(orders):
    orders.queue(later(CALL), downgrade=DROP)
    with door_held(orders.db, "orders"):
        worker = start(orders)
        backend_in_the_door(orders.db, BUILD, worker)
        orders.zdt("cancel", NAME).ok()
        # The worker drops the invalid index, which waits for the door, too.
        backend_in_the_door(orders.db, "DROP INDEX CONCURRENTLY", worker)
    worker.wait().ok()
    assert orders.status() == "cancelled"
    assert not orders.db.exists(INDEX)

    orders.zdt("retry", NAME).ok()
    with door_held(orders.db, "orders"):
        worker = start(orders)
        backend_in_the_door(orders.db, BUILD, worker)
        down = orders.project.start("downgrade", "base")
        backend_in_the_door(orders.db, "DROP INDEX CONCURRENTLY", worker)
    worker.wait().ok()
    down.wait().ok()
    assert orders.project.current == []
    assert not orders.db.exists(INDEX)
    assert orders.db.value("SELECT count(*) FROM alembic_zdt_queue") == 0
