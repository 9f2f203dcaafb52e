"""What revisions, scripts, autogenerate and other commands know of queued calls."""

from __future__ import annotations

import logging

import pytest

from alembic_zdt.commands.check import check
from alembic_zdt.commands.wait import wait
from alembic_zdt.errors import LockNotAvailableError, NotReadyError
from tests.queueing.queued import CALL, DROP, INDEX, NAME, later, window
from tests.queueing.test_queue_workers import start
from tests.support.background import upgrading
from tests.support.door import backend_in_the_door, door_held

MODELS = """
metadata = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s"})
for name in ("orders", "users"):
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True),
             sa.Column("user_id", sa.Integer, index=name == "orders"),
             sa.Column("n", sa.Integer))
"""


def test_a_new_database_is_upgraded_straight_through(orders):
    orders.db.execute("CREATE TABLE empty (id int PRIMARY KEY, n int)")
    column = 'sa.Column("{}", sa.Integer)'
    columns = ", ".join(map(column.format, ("id", "n", "m")))
    orders.project.revision(
        "a0",
        f'op.create_table("shops", {columns}, sa.PrimaryKeyConstraint("id"))\n'
        'op.execute("INSERT INTO shops VALUES (1, 1)")',
    )
    orders.project.revision(
        "a1",
        'op.create_index_concurrently("ix_shops_n", "shops", ["n"],'
        ' mode="background", approve=True)\n'
        'op.reindex_concurrently("ix_shops_n", mode="background")\n'
        'op.create_index_concurrently("ix_empty_n", "empty", ["n"],'
        ' mode="background")\n'
        'op.backfill("shops", {"m": "n"}, mode="background", approve=True)',
    )
    orders.project.revision(
        "c1",
        'op.contract_drop_column("orders", "n")',
        variables={"zdt_phase": "contract"},
    )

    orders.project.upgrade()

    assert orders.project.current == ["c1"]
    assert orders.db.index("ix_shops_n").is_valid
    assert orders.db.index("ix_empty_n").is_valid
    assert orders.db.value("SELECT m FROM shops") == 1


def test_a_queued_drop_ends_the_queued_build_of_its_index(orders):
    """Also if it spells out the schema."""
    drop = DROP.replace('"orders"', f'"orders", schema="{orders.db.schema}"')
    orders.queue(later(CALL, ", approve=True"))
    orders.project.revision("b1", later(drop), downgrade=CALL)
    orders.project.upgrade()

    assert orders.status() == "withdrawn"
    orders.work().ok()
    assert orders.status(f"drop:{orders.db.schema}.{INDEX}") == "finished"
    assert not orders.indexes


def test_a_revision_that_is_run_again_keeps_the_operators_decisions(orders):
    second = CALL.replace("user_id", "n")
    calls = f"{later(CALL, ', approve=True')}\n{later(second)}"
    orders.project.revision("a1", f'{calls}\nraise RuntimeError("half-way")')
    with pytest.raises(RuntimeError):
        orders.project.upgrade()
    orders.zdt("approve", NAME).ok()
    orders.zdt("pause", "create:ix_orders_n").ok()

    orders.project.revision("a1", calls, down_revision=None)
    orders.project.upgrade()

    orders.work().ok()
    assert orders.indexes == {INDEX}
    assert orders.status("create:ix_orders_n") == "paused"


def test_a_later_rebuild_does_not_repeat_that_of_the_worker(orders):
    rebuild = f'op.reindex_concurrently("{INDEX}")'
    orders.queue(CALL, later(rebuild))
    orders.project.revision("b1", rebuild)
    looks = (
        "EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
        " AND query LIKE '%alembic_zdt_queue q WHERE q.name%')"
    )
    with upgrading(orders.project) as upgrade:
        with door_held(orders.db, "orders"):
            worker = start(orders)
            backend_in_the_door(orders.db, "REINDEX", worker)
            upgrade.begin()
            orders.db.wait_until(looks, timeout=60)
        worker.wait().ok()
        rebuilt = f"SELECT pg_relation_filenode('{INDEX}')"
        node = orders.db.value(rebuilt)
    assert upgrade.error is None
    assert orders.project.current == ["b1"]
    assert orders.db.value(rebuilt) == node
    assert orders.status(f"reindex:{INDEX}") == "finished"


def test_a_worker_that_keeps_its_call_does_not_keep_a_downgrade_for_ever(orders):
    orders.queue(later(CALL))
    held = (
        "UPDATE alembic_zdt_queue SET status = 'running', worker = 'other',"
        " worker_pid = {}, leased_at = clock_timestamp()"
    )
    with orders.db.session() as other:
        pid = other.pid
        orders.db.execute(held.format(pid))
        with pytest.raises(LockNotAvailableError) as caught:
            orders.project.downgrade("base", x=["zdt.lock_deadline=200ms"])
    for words in (NAME, f"the session with pid {pid}", f"terminate_backend({pid})"):
        assert words in str(caught.value)
    assert orders.project.current == ["a1"]
    orders.db.wait_until(
        f"NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid}"
        " AND datname = current_database())"
    )

    orders.project.downgrade("base")

    assert orders.project.current == []


def test_a_script_writes_the_revision_and_its_downgrade_deletes_the_call(orders):
    orders.project.revision("r0")
    orders.project.upgrade()
    orders.project.revision("a1", later(CALL), DROP)
    up, down = orders.project.sql("r0:a1"), orders.project.sql("a1:r0", down=True)
    begun = up.split("UPDATE alembic_version")[0]
    orders.project.psql(f"{begun}COMMIT;\n").ok()
    row = "SELECT revision, is_downgrade FROM alembic_zdt_queue"
    assert orders.db.rows(row) == [("a1", False)]
    orders.work().ok()
    assert not orders.indexes

    orders.project.psql(up).ok()
    orders.db.execute(
        "UPDATE alembic_zdt_queue SET status = 'running', worker = 'other', call = 'x',"
        f" worker_pid = {orders.db.pid}, leased_at = clock_timestamp()"
    )
    refused = orders.project.psql(begun)
    assert f'cannot queue "{NAME}": a worker runs another call' in refused.output
    orders.project.psql(down).ok()

    assert orders.db.rows(row) == []


def test_a_name_of_the_convention_is_found_again(orders):
    orders.project.models(MODELS)
    unnamed = 'op.create_index_concurrently(None, "orders", ["user_id"])'
    orders.queue(later(unnamed), later(unnamed.replace("orders", "users")))

    orders.work().ok()

    assert orders.indexes == {INDEX, "ix_users_user_id"}


def test_autogenerate_does_not_report_what_is_queued(orders, caplog):
    orders.project.models(MODELS)
    of_users = CALL.replace("orders", "users")
    orders.queue(of_users, later(CALL, f', window="{window(2, 3)}"'))
    drop = later(DROP.replace("orders", "users"), ", approve=True")
    orders.project.revision("b1", drop, of_users)
    orders.project.upgrade()

    found = check(orders.project.config())

    assert list(found.differences) == []
    assert sorted(found.not_compared) == [
        f'index "{INDEX}", queued as {NAME}',
        'index "ix_users_user_id", queued as drop:ix_users_user_id',
    ]
    with caplog.at_level(logging.WARNING, "alembic_zdt"):
        orders.project.run("check")
    assert f'did not compare index "{INDEX}"' in caplog.text
    orders.zdt("cancel", NAME).ok()
    (left,) = check(orders.project.config()).differences
    assert "add_index" in str(left)


def test_code_waits_for_a_backfill_but_not_for_a_queued_validation(orders):
    orders.db.execute("UPDATE users SET n = -1 WHERE id = 3")
    orders.db.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (n > 0) NOT VALID")
    orders.queue(
        later('op.validate_constraint("ck", "users")'),
        'op.backfill("orders", {"n": "2"}, where="n = 1",'
        ' mode="background", approve=True)',
    )

    def reason():
        try:
            wait(orders.project.config(), "0s", compatible=True)
        except NotReadyError as error:
            return str(error.detail)
        return None

    name = "backfill:orders.n"
    assert f"queued call {name} of revision a1 is not approved" in reason()
    orders.zdt("approve", name).ok()
    assert f"queued call {name} of revision a1 is queued" in reason()
    assert orders.work().rc == 255
    assert reason() is None
