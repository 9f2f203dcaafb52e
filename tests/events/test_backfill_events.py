"""The progress of a backfill is told, in a revision and outside of one."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from alembic_zdt import events
from alembic_zdt.backfill import run_slice
from tests.support.background import upgrading
from tests.support.waiting import wait_until

TABLE = "CREATE TABLE users (id int PRIMARY KEY, email text, low text)"
FILL = "INSERT INTO users SELECT n, 'A' || n FROM generate_series(1, 2000) n"
CALL = 'op.backfill("users", {"low": "lower(email)"}, pause="10ms")'
QUEUED = CALL.replace("pause", 'mode="background", pause')


@pytest.fixture
def users(db, project):
    db.execute(TABLE)
    db.execute(FILL)
    project.settings(progress="off", progress_interval="50ms")


def test_progress_is_told_with_its_rows(project, users, seen):
    project.revision("r1", CALL)

    project.upgrade()

    *before, last = seen.of(events.BackfillProgressed)
    assert before
    assert {event.run for event in seen} == {seen[0].run}
    assert {(event.name, event.table) for event in before} == {("users.low", "users")}
    assert [event.rows for event in before] == sorted(event.rows for event in before)
    assert all(0 <= event.share <= 1 for event in before)
    assert all(event.seconds_left is None or event.seconds_left > 0 for event in before)
    assert not any(event.is_finished for event in before)
    assert (last.rows, last.is_finished, last.revision) == (2000, True, "r1")
    assert last.rows_per_second > 0
    step = next(e for e in seen.of(events.StepFinished) if e.rows is not None)
    assert (step.rows, step.table, step.outcome) == (2000, "users", "done")


def test_reason_to_wait_is_told(db, project, users, seen):
    project.revision("r1", CALL)
    hold = "SELECT FROM users FOR UPDATE"

    with upgrading(project) as upgrade, db.holding(hold) as other:
        pid = other.pid
        upgrade.begin()
        wait_until(
            lambda: any(e.waits_for for e in seen.of(events.BackfillProgressed)),
            "it waits",
        )
    assert upgrade.error is None
    waiting = next(e for e in seen.of(events.BackfillProgressed) if e.waits_for)
    assert "rows are locked" in waiting.waits_for
    assert f"pid {pid}" in waiting.waits_for
    assert waiting.rows_per_second == 0


def test_throttle_that_holds_is_told(db, project, users, seen):
    call = CALL.replace('pause="10ms"', "max_lock_waiters=0")
    project.revision("r1", call)
    db.execute("CREATE TABLE busy ()")

    with (
        upgrading(project) as upgrade,
        db.holding("LOCK TABLE busy"),
        db.background("TABLE busy") as waiter,
    ):
        waiter.wait_until_blocked()
        upgrade.begin()
        wait_until(
            lambda: any(e.waits_for for e in seen.of(events.BackfillProgressed)),
            "it waits",
        )
    assert upgrade.error is None
    waiting = next(e for e in seen.of(events.BackfillProgressed) if e.waits_for)
    assert waiting.waits_for == "1 sessions wait for locks (at most 0)"


def test_job_engine_is_told_no_query(db, project, users, seen):
    """env.py, which it does not run, may turn them off."""
    project.revision("r1", QUEUED)
    project.upgrade()
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)
    options = {"max_seconds": 60, "config": project.config()}
    job = threading.Thread(target=run_slice, args=(engine, "users.low"), kwargs=options)

    with db.holding("SELECT FROM users FOR UPDATE") as other:
        pid = other.pid
        job.start()
        waits = lambda: [  # noqa: E731
            event.waits_for
            for event in seen.of(events.BackfillProgressed)
            if event.waits_for
        ]
        wait_until(waits, "it waits")
    job.join()

    waits_for = waits()[0]
    assert f"pid {pid}" in waits_for
    assert "FOR UPDATE" not in waits_for


def test_queued_backfill_is_told_outside_of_a_run(db, project, users, seen):
    project.revision("r1", QUEUED)
    project.upgrade()
    assert seen.of(events.BackfillProgressed) == []
    seen.clear()
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)

    run_slice(engine, "users.low", max_seconds=60, config=project.config())

    last = seen.of(events.BackfillProgressed)[-1]
    assert (last.rows, last.is_finished) == (2000, True)
    assert (last.run, last.revision) == ("", "")
