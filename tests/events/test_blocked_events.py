"""A wait for other sessions is told while it lasts, and when it is over."""

from __future__ import annotations

import pytest

from alembic_zdt import events
from alembic_zdt.errors import LockNotAvailableError
from tests.support.background import upgrading
from tests.support.waiting import wait_until

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"
HOLD = "SELECT count(*) FROM users"
NULLABLE = 'op.drop_not_null("users", "email")'
INDEX = 'op.create_index_concurrently("ix_email", "users", ["email"])'


@pytest.fixture
def users(db, project):
    db.execute(USERS)
    project.settings(progress_interval="50ms", progress="off", lock_patience="0s")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("shown", [True, False])
def test_blockers_are_told_and_then_the_wait(db, project, driver, users, seen, shown):
    project.revision("r1", NULLABLE)
    project.configure(zdt_show_queries=shown)

    with upgrading(project) as upgrade, db.holding(HOLD) as other:
        pid = other.pid
        upgrade.begin()
        wait_until(lambda: len(seen.of(events.Blocked)) > 1, "blocked twice")
    assert upgrade.error is None

    first, second = seen.of(events.Blocked)[:2]
    (blocker,) = first.blockers
    assert (first.revision, first.table) == ("r1", "users")
    assert first.step == seen.one(events.StepStarted).step
    assert second.waited > first.waited > 0
    assert (blocker.pid, blocker.state) == (pid, "idle in transaction")
    assert blocker.application == "zdt-test"
    assert blocker.query == (HOLD if shown else "")
    assert bool(seen.one(events.StepStarted).sql) is shown
    waited, step = seen.one(events.LockWaited), seen.one(events.StepFinished)
    assert (waited.table, waited.lock) == ("users", "ACCESS EXCLUSIVE")
    assert waited.waited == step.waited >= second.waited
    assert waited.tries == step.tries
    assert step.outcome == "done"
    assert not any(event.gave_up for event in seen.of(events.Blocked))


def test_step_that_gives_up_has_failed(db, project, users, seen):
    project.revision("r1", NULLABLE)

    with db.holding(HOLD) as other:
        pid = other.pid
        with pytest.raises(LockNotAvailableError):
            project.upgrade(x=["zdt.lock_deadline=300ms"])

    last = seen.of(events.Blocked)[-1]
    assert last.gave_up
    assert [blocker.pid for blocker in last.blockers] == [pid]
    step, failed = seen.one(events.StepFinished), seen.one(events.RunFailed)
    assert (step.outcome, step.error) == ("failed", "LockNotAvailableError")
    assert (failed.revision, failed.step) == ("r1", step.step)
    assert failed.error == step.error
    assert f"pid {pid}" in failed.detail
    assert seen.kinds[-2:] == ["StepFinished", "RunFailed"]


def test_old_snapshots_are_told_before_a_build(db, project, users, seen):
    project.revision("r1", INDEX)
    db.execute("CREATE TABLE other (id int)")
    snapshot = "LOCK TABLE users IN ROW EXCLUSIVE MODE"

    with upgrading(project) as upgrade, db.holding(snapshot) as other:
        pid = other.pid
        upgrade.begin()
        wait_until(lambda: seen.of(events.Blocked), "blocked")
    assert upgrade.error is None

    first = seen.of(events.Blocked)[0]
    assert [blocker.pid for blocker in first.blockers] == [pid]
    assert first.table == "users"


def test_another_migration_of_the_object_is_told(db, project, users, seen):
    project.revision("r1", NULLABLE)
    turn = (
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND database"
        " = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    with db.holding(HOLD):
        other = project.start("upgrade", "head")
        wait_until(lambda: db.rows(turn), "the other one waits")
        with pytest.raises(LockNotAvailableError, match="another migration"):
            project.upgrade(x=["zdt.lock_deadline=200ms"])
    other.wait().ok()

    first, *_, last = seen.of(events.Blocked)
    assert (first.revision, first.table, first.blockers) == ("r1", "users", ())
    assert "users.email" in first.step
    assert (first.gave_up, last.gave_up) == (False, True)
    assert seen.of(events.StepStarted) == []
