"""Queued by a revision, worked off later by as many processes as there are."""

from __future__ import annotations

import re
import sys
import types

import pytest
import sqlalchemy as sa

from alembic_zdt.backfill import (
    run_slice,
    run_slice_async,
    unfinished,
    unfinished_async,
)
from alembic_zdt.errors import (
    BackfillUnfinishedError,
    RowFailedError,
    UndefinedObjectError,
)
from tests.backfill.queues import MANY, NAME, rows_done, status
from tests.backfill.tables import ROWS, SHAPES
from tests.support.messages import error_page, without_revision
from tests.support.output import parsed


def zdt(project, *arguments):
    return project.cli("backfill", *arguments, module="alembic_zdt")


def test_the_revision_only_queues_it(db, queued):
    assert queued.current == ["a1"]
    assert status(db) == "queued"
    assert rows_done(db) == 0


def test_a_run_works_it_off(db, queued, driver):
    zdt(queued, "run").ok()

    assert status(db) == "finished"
    assert rows_done(db) == MANY


def test_two_workers_share_it_and_one_that_dies_is_replaced(db, held):
    one, two = (held.start("backfill", "run", module="alembic_zdt") for _ in range(2))
    both = (
        "(SELECT count(DISTINCT worker) = 2 FROM alembic_zdt_backfill_slice"
        " WHERE NOT is_done AND worker IS NOT NULL AND rows_done > 0)"
    )
    db.wait_until(both, timeout=30)
    one.kill()
    db.execute("CREATE TABLE gate ()")

    two.wait().ok()

    assert status(db) == "finished"
    assert rows_done(db) == MANY
    assert db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice") == MANY


def test_pause_resume_and_cancel(db, held):
    worker = held.start("backfill", "run", "--watch", module="alembic_zdt")
    begun = "(SELECT count(*) > 0 FROM users WHERE hits = 1)"
    db.wait_until(begun, timeout=30)

    zdt(held, "pause", NAME).ok()
    nobody = (
        "NOT EXISTS (SELECT FROM alembic_zdt_backfill_slice WHERE worker IS NOT NULL"
        " AND NOT is_done)"
    )
    db.wait_until(nobody)
    done = rows_done(db)
    assert 0 < done < MANY
    assert "paused" in zdt(held, "status").ok().stdout
    assert rows_done(db) == done

    zdt(held, "resume", NAME).ok()
    db.wait_until("(SELECT status = 'running' FROM alembic_zdt_backfill)")

    zdt(held, "cancel", NAME).ok()
    db.wait_until(nobody)
    assert rows_done(db) < MANY
    worker.kill()
    assert "is cancelled" in zdt(held, "resume", NAME).output


def test_status_tells_how_far_it_is(db, queued):
    assert zdt(queued, "status").ok().stdout == f"{NAME}: queued, 0 rows\n"
    zdt(queued, "run", "--max-seconds", "0.1").ok()

    output = parsed(
        "backfill_status", zdt(queued, "status", NAME, "--json").ok().stdout
    )
    (state,) = output["backfills"]

    assert state["name"] == NAME
    assert state["status"] == "running"
    assert state["revision"] == "a1"
    assert state["columns"] == ["email_lower", "hits"]
    assert state["rows_done"] == rows_done(db)
    assert 0 <= state["share"] < 1
    assert state["workers"] == []


def test_a_worker_without_the_revision_leaves_it_alone(db, queued):
    for script in queued.scripts():
        script.unlink()

    zdt(queued, "run").ok()

    assert status(db) == "queued"
    assert rows_done(db) == 0


def test_a_contract_revision_waits_for_it(db, queued):
    queued.revision("b1", "pass", variables={"zdt_phase": "expand"})
    queued.revision(
        "c1",
        'op.contract_drop_column("users", "pad")',
        variables={"zdt_phase": "contract"},
    )

    # One that a script has begun has no revision.
    db.execute("UPDATE alembic_zdt_backfill SET revision = NULL")
    with pytest.raises(BackfillUnfinishedError, match="backfill was begun by a script"):
        queued.upgrade()
    db.execute("UPDATE alembic_zdt_backfill SET revision = 'a1'")

    with pytest.raises(BackfillUnfinishedError) as caught:
        queued.upgrade()

    assert without_revision(str(caught.value)) == (
        f'revision "c1" must wait: backfill "{NAME}" is queued\n'
        'detail: The backfill was begun by revision "a1".\n'
        "hint: Finish the backfill with: alembic-zdt backfill run. "
        "Then upgrade again.\n"
        f"docs: {error_page('backfill-unfinished')}"
    )
    for state, words in {
        "paused": f"Let it go on with: alembic-zdt backfill resume {NAME}. Finish the",
        "failed": f"Let it go on with: alembic-zdt backfill resume {NAME}. Finish the",
        "cancelled": "Run its revision again to start it again. Then upgrade again.",
    }.items():
        db.execute(f"UPDATE alembic_zdt_backfill SET status = '{state}'")
        with pytest.raises(BackfillUnfinishedError, match=re.escape(words)):
            queued.upgrade()
    db.execute("UPDATE alembic_zdt_backfill SET status = 'queued'")
    assert "pad" in db.columns("users")
    zdt(queued, "run").ok()
    queued.upgrade()
    assert queued.current == ["c1"]
    assert "pad" not in db.columns("users")


def test_a_failure_is_told_and_can_be_resumed(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, d int, n int)")
    db.execute("INSERT INTO users SELECT g, g - 50, NULL FROM generate_series(1, 99) g")
    project.revision("a1", 'op.backfill("users", {"n": "9 / d"}, mode="background")')
    project.upgrade()

    failed = zdt(project, "run")

    assert failed.rc == 255
    assert "division by zero" in failed.output
    assert "(id)=(50)" in failed.output
    assert "users.n: failed" in zdt(project, "status").ok().stdout
    db.execute("UPDATE users SET d = 1 WHERE id = 50")
    zdt(project, "run").ok()
    assert status(db) == "failed"
    zdt(project, "resume", "users.n").ok()
    zdt(project, "run").ok()
    assert status(db) == "finished"
    assert db.value("SELECT count(n) FROM users") == 99


def test_a_revision_that_runs_again_queues_what_has_failed(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, d int, n int)")
    db.execute("INSERT INTO users VALUES (1, 0)")
    project.revision("a1", 'op.backfill("users", {"n": "9 / d"}, mode="background")')
    project.upgrade()
    assert zdt(project, "run").rc == 255
    assert status(db) == "failed"

    project.run("stamp", "base")
    project.upgrade()

    assert status(db) == "queued"


def test_a_worker_stops_when_its_backfill_begins_anew(db, project, monkeypatch):
    """What it still has in mind is not what the revision says now."""
    for statement in SHAPES["heap"].setup:
        db.execute(statement)
    call = 'op.backfill("users", {{"email_lower": "{}(email)"}}, mode="background"{})'
    throttle = ', throttle="zdt_anew:rest"'
    project.revision("a1", call.format("upper", throttle))

    def rest(_pulse):
        if "upper" in project.scripts()[0].read_text():
            project.revision("a1", call.format("lower", ""))
            project.run("stamp", "base")
            project.upgrade()

    monkeypatch.setitem(sys.modules, "zdt_anew", types.ModuleType("zdt_anew"))
    monkeypatch.setattr("zdt_anew.rest", rest, raising=False)
    project.upgrade()
    engine = sa.create_engine(db.url())

    found = run_slice(engine, "users.email_lower", config=project.ini)
    assert found.status == "queued"

    assert db.value("SELECT count(email_lower) FROM users") == 0
    found = run_slice(engine, "users.email_lower", config=project.ini)
    assert found.status == "finished"
    assert (
        db.value("SELECT count(*) FROM users WHERE email_lower = lower(email)") == ROWS
    )
    engine.dispose()


def test_unknown_name(project):
    result = zdt(project, "pause", "nothing")

    assert result.rc == 255
    assert 'there is no backfill "nothing"' in result.output


class TestRunSlice:
    """The same for a job engine."""

    def test_works_for_a_while_and_says_whether_more_is_left(self, db, queued):
        engine = sa.create_engine(db.url())

        first = run_slice(engine, NAME, max_seconds=0.1)
        assert (first.status, first.more) == ("running", True)
        assert 0 < first.rows_done < MANY

        while (found := run_slice(engine, NAME, max_seconds=5)).more:
            assert found.rows_done > first.rows_done
        engine.dispose()
        assert (found.status, found.rows_done) == ("finished", MANY)
        assert rows_done(db) == MANY

    def test_each_call_gets_on(self, db, queued):
        """However little time there is, it ends some day."""
        engine = sa.create_engine(db.url())

        first = run_slice(engine, NAME, max_seconds=0)
        second = run_slice(engine, NAME, max_seconds=0)

        engine.dispose()
        assert 0 < first.rows_done < second.rows_done

    def test_unfinished_names_what_can_be_worked_on(self, db, queued):
        engine = sa.create_engine(db.url())
        assert unfinished(engine) == (NAME,)
        assert unfinished(engine, table="elsewhere") == ()

        db.execute("UPDATE alembic_zdt_backfill SET status = 'paused'")

        assert unfinished(engine) == ()
        engine.dispose()

    def test_on_an_event_loop(self, db, queued):
        import asyncio

        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251

        async def work():
            engine = create_async_engine(db.url("asyncpg"))
            ticks = 0

            def tick():
                nonlocal ticks
                ticks += 1
                asyncio.get_running_loop().call_later(0.001, tick)

            tick()
            assert await unfinished_async(engine) == (NAME,)
            while (await run_slice_async(engine, NAME, max_seconds=1)).more:
                pass
            await engine.dispose()
            return ticks

        assert asyncio.run(work()) > 50
        assert rows_done(db) == MANY

    def test_paused_is_left_alone(self, db, queued):
        engine = sa.create_engine(db.url())
        db.execute("UPDATE alembic_zdt_backfill SET status = 'paused'")

        found = run_slice(engine, NAME)

        engine.dispose()
        assert (found.status, found.more, found.rows_done) == ("paused", True, 0)

    def test_errors_are_raised(self, db, queued):
        engine = sa.create_engine(db.url())
        db.execute("ALTER TABLE users ADD CHECK (email_lower <> 'user9@example.org')")

        with pytest.raises(UndefinedObjectError, match="no backfill"):
            run_slice(engine, "other")
        with pytest.raises(RowFailedError, match="violates check constraint"):
            run_slice(engine, NAME)
        engine.dispose()
        assert status(db) == "failed"
