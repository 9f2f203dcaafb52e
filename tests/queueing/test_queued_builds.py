"""Index builds that a revision queues and ``alembic-zdt work`` runs."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import GateClosedError, UsageError
from tests.queueing.queued import CALL, DROP, INDEX, NAME, later, window
from tests.support.messages import error_page, without_revision
from tests.support.output import parsed


def test_a_revision_queues_a_build_and_a_worker_runs_it(orders, driver):
    orders.queue(later(CALL))
    assert orders.project.current == ["a1"]
    assert not orders.indexes
    assert orders.zdt("status").ok().stdout == f"{NAME}: queued\n"

    orders.work().ok()

    assert orders.indexes == {INDEX}
    output = parsed("queue_status", orders.zdt("status", NAME, "--json").ok().stdout)
    (state,) = output["calls"]
    assert state["call"] == CALL.replace('"', "'")
    assert state["table"] == f"{orders.db.schema}.orders"
    assert (state["status"], state["revision"]) == ("finished", "a1")
    assert state["approved"] is True
    assert state["worker"] is None
    # Once more, and nothing is left to do.
    orders.work().ok()


def test_a_build_waits_for_its_window_and_its_approval(orders):
    closed, opened = window(2, 3), window(-1, 2)
    of_users = CALL.replace("orders", "users")
    orders.queue(
        later(CALL, f', window="{closed}"'),
        later(of_users, f', window="{opened}", approve=True'),
    )

    orders.work().ok()

    assert not orders.indexes
    first, why, second, approval = orders.zdt("status").ok().stdout.splitlines()
    assert first == f"{NAME}: queued, {closed}"
    assert why.startswith(f"  waiting: the window {closed} opens at ")
    assert second == f"create:ix_users_user_id: queued, {opened}"
    name = "create:ix_users_user_id"
    assert approval == (
        f"  waiting: it needs an approval: alembic-zdt queue approve {name}"
    )
    orders.zdt("approve", name).ok()
    orders.work().ok()
    assert orders.indexes == {"ix_users_user_id"}


def test_a_failed_build_keeps_its_error_until_it_is_tried_again(orders):
    orders.db.execute("UPDATE orders SET user_id = 7 WHERE id < 3")
    call = CALL.replace('["user_id"]', '["user_id"], unique=True')
    orders.queue(later(call), later(CALL.replace("orders", "users")))
    orders.project.revision(
        "c1",
        'op.contract_drop_column("orders", "n")',
        variables={"zdt_phase": "contract"},
    )

    failed = orders.work()

    assert failed.rc == 255
    assert "has duplicates in (user_id)" in failed.output
    assert orders.indexes == {"ix_users_user_id"}
    shown = orders.zdt("status", NAME).ok().stdout.splitlines()
    assert shown[0] == f"{NAME}: failed"
    assert shown[1] == '  "orders" has duplicates in (user_id)'
    orders.work().ok()  # it is not tried again by itself
    assert orders.status() == "failed"
    with pytest.raises(GateClosedError, match=f"queue retry {NAME}"):
        orders.project.upgrade()

    orders.db.execute("UPDATE orders SET user_id = id")
    orders.zdt("retry", NAME).ok()
    with pytest.raises(GateClosedError) as caught:
        orders.project.upgrade()
    written = call.replace('"', "'")
    assert without_revision(str(caught.value)) == (
        f'revision "c1" must wait: queued call "{NAME}" is queued\n'
        f'detail: The call was queued by revision "a1": {written}.\n'
        "hint: Finish it with: alembic-zdt work. Then upgrade again.\n"
        f"docs: {error_page('gate-closed')}"
    )
    orders.work().ok()
    orders.project.upgrade()
    assert orders.indexes >= {INDEX}
    assert "n" not in orders.db.columns("orders")


def test_pause_resume_and_cancel(orders):
    orders.queue(later(CALL))
    orders.zdt("pause", NAME).ok()
    orders.work().ok()
    assert orders.status() == "paused"

    orders.zdt("resume", NAME).ok()
    orders.zdt("cancel", NAME).ok()
    orders.work().ok()
    assert orders.status() == "cancelled"
    assert not orders.indexes

    refused = orders.zdt("pause", NAME)
    assert refused.rc == 255
    assert f'cannot pause queued call "{NAME}": it is cancelled' in refused.output
    unknown = orders.zdt("resume", "create:other")
    assert 'there is no queued call "create:other"' in unknown.output

    orders.zdt("retry", NAME).ok()
    orders.work().ok()
    assert orders.indexes == {INDEX}


def test_a_later_call_runs_what_is_queued_and_then_finds_it_done(orders):
    orders.queue(later(CALL, ", approve=True"))
    orders.project.revision("b1", CALL)
    orders.project.upgrade()

    assert orders.indexes == {INDEX}
    assert orders.status() == "finished"
    orders.work().ok()
    orders.project.revision("c1", CALL)
    orders.project.upgrade()


def test_a_downgrade_takes_the_build_out_of_the_queue(orders):
    orders.queue(later(CALL))
    orders.project.downgrade()
    assert orders.db.value("SELECT count(*) FROM alembic_zdt_queue") == 0
    orders.work().ok()
    assert not orders.indexes

    orders.project.upgrade()
    orders.work().ok()
    assert orders.indexes == {INDEX}
    orders.project.downgrade()
    assert not orders.indexes
    assert orders.db.value("SELECT count(*) FROM alembic_zdt_queue") == 0


def test_a_later_revision_that_drops_the_index_ends_its_build(orders):
    orders.queue(later(CALL))
    orders.project.revision("b1", f'{DROP}\nraise RuntimeError("half-way")')
    with pytest.raises(RuntimeError):
        orders.project.upgrade()
    assert orders.status() == "withdrawn"

    orders.project.revision("b1", DROP, down_revision="a1")
    orders.project.upgrade()

    orders.work().ok()
    assert not orders.indexes


def test_a_script_queues_it(orders):
    orders.project.revision("a1", later(CALL, f', window="{window(-1, 2)}"'), DROP)
    script = orders.project.sql()
    assert "alembic_zdt_queue" in script
    orders.project.psql(script).ok()
    orders.project.psql(script.split("INSERT INTO alembic_version")[0])
    assert orders.status() == "queued"

    orders.work().ok()

    assert orders.status() == "finished"
    assert orders.indexes == {INDEX}


def test_only_the_call_of_an_applied_revision_is_run(orders):
    orders.project.revision("a1", f'{later(CALL)}\nraise RuntimeError("half-way")')
    with pytest.raises(RuntimeError):
        orders.project.upgrade()
    orders.work().ok()
    assert 'revision "a1" is not applied yet' in orders.zdt("status").ok().stdout

    orders.project.revision("a1", later(CALL), down_revision=None)
    orders.project.upgrade()
    orders.db.execute("UPDATE alembic_zdt_queue SET call = 'op.drop_table(''x'')'")
    refused = orders.work()
    assert refused.rc == 255
    words = f'queued call "{NAME}" differs from its call in revision "a1"'
    assert words in refused.output

    for script in orders.project.scripts():
        script.unlink()
    orders.db.execute("UPDATE alembic_zdt_queue SET status = 'queued'")
    orders.work().ok()
    assert orders.status() == "queued"
    assert not orders.indexes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('mode="night"', 'mode="night" of create_index_concurrently() is neither'),
        ("approve=True", "approve= of create_index_concurrently() has no effect"),
        ('window="22:00-05:00 UTC"', "window= of create_index_concurrently() has no"),
        ('mode="background", window="at night"', "window='at night' of create_index"),
    ],
)
def test_bad_options(orders, options, words):
    orders.project.revision("a1", f"{CALL[:-1]}, {options})")

    with pytest.raises(UsageError) as caught:
        orders.project.upgrade()

    assert words in str(caught.value)
