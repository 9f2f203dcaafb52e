"""What keeps a queued call from beginning, and who tells it."""

from __future__ import annotations

import sqlalchemy as sa

from alembic_zdt.connection.database import Database
from alembic_zdt.estimates import step_history
from alembic_zdt.estimates.step_history import MeasuredStep
from alembic_zdt.estimates.work_size import WorkSize
from alembic_zdt.queueing.places import leave_place, take_place
from alembic_zdt.settings import Settings
from alembic_zdt.steps import WorkKind
from tests.queueing.queued import CALL, INDEX, NAME, later, window
from tests.support.output import parsed


def test_nothing_begins_that_will_not_end_in_its_window(orders):
    """An index of that size took 10 hours on this server."""
    engine = sa.create_engine(orders.db.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        orders.db.execute("ANALYZE orders")
        took = MeasuredStep(WorkKind.INDEX, WorkSize(8192, 99, 99, 8192), 36_000.0)
        table = step_history.table_of(Settings().step_table, None, None)
        step_history.store(Database(connection), table, took, "build")
    engine.dispose()
    opened = window(-1, 2)
    orders.queue(later(CALL, f', window="{opened}"'))

    orders.work().ok()

    assert not orders.indexes
    _, why = orders.zdt("status").ok().stdout.splitlines()
    assert why.startswith("  waiting: it takes about ")
    assert f"h, and the window {opened} closes at " in why
    # Without a window it may last.
    orders.project.revision("b1", "op.execute('SELECT 1')")
    orders.db.execute("UPDATE alembic_zdt_queue SET time_window = ''")
    orders.work().ok()
    assert orders.indexes == {INDEX}


def test_a_server_runs_so_many_calls_at_a_time(orders, cluster):
    """The other one runs in another database."""
    orders.queue(later(CALL))
    ini = orders.project.ini.read_text()
    few = ini.replace("queue_per_server = 50", "queue_per_server = 1")
    orders.project.ini.write_text(few)
    engine = sa.create_engine(
        cluster.dsn("postgres", driver="psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as there:
        assert take_place(Database(there), 1000)
        orders.work("--max-seconds", "0.1").ok()
        leave_place(Database(there))
    engine.dispose()

    assert not orders.indexes
    _, why = orders.zdt("status").ok().stdout.splitlines()
    assert why == (
        "  waiting: other queued calls run on this server (queue_per_server = 1)"
    )
    orders.project.ini.write_text(
        ini.replace("queue_per_server = 50", "queue_per_server = 0")
    )
    refused = orders.work()
    assert 'setting "queue_per_server" must be more than zero' in refused.output


def test_status_and_plan_know_what_is_queued(orders):
    orders.project.revision("a1", later(CALL, ", approve=True"))
    plan = orders.project.cli("plan", module="alembic_zdt").ok().stdout
    assert f'queue: create index "{INDEX}"' in plan
    assert "alembic-zdt work runs op.create_index_concurrently(" in plan
    orders.project.upgrade()

    shown = orders.project.cli("status", module="alembic_zdt").output

    assert f"queue: {NAME}: queued" in shown
    text = orders.project.cli("status", "--json", module="alembic_zdt").stdout
    (database,) = parsed("status", text)["databases"]
    (call,) = database["queued"]
    assert (call["name"], call["approved"]) == (NAME, False)
