"""What holds a backfill back, and what makes it take whole pages, is said."""

from __future__ import annotations

import asyncio
import logging
import sys
import types
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine

from alembic_zdt.backfill import run_slice, run_slice_async
from tests.backfill.queues import NAME, rows_done
from tests.backfill.tables import COLUMNS, FILLED, IS_DONE, ROWS, SHAPES, call


@pytest.fixture
def users(db):
    """Some hundred rows on full pages."""
    for statement in SHAPES["heap"].setup:
        db.execute(statement)
    return db


@pytest.fixture
def lines(caplog):
    """What the package has logged."""
    caplog.set_level(logging.INFO, logger="alembic_zdt")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("kind", "more", "driver"),
    [("heap", "", "psycopg"), ("indexed", ", batch_size=50", "asyncpg")],
)
def test_a_throttle_of_the_caller_is_asked_between_batches(
    db, project, kind, more, driver, lines, monkeypatch
):
    """Whether a page needs several passes or one."""
    shape, pulses = SHAPES[kind], []
    for statement in shape.setup:
        db.execute(statement)

    def rest(pulse):
        pulses.append((pulse.name, pulse.connection.closed, pulse.rows_done))
        return 0.01 if len(pulses) < 4 else None

    module = types.ModuleType("zdt_throttle")
    module.rest = rest
    monkeypatch.setitem(sys.modules, "zdt_throttle", module)
    throttle = ', throttle="zdt_throttle:rest"'
    project.revision("a1", call(shape, f"{throttle}{more}"))

    project.upgrade()

    name = "users.email_lower+hits"
    assert {pulse[:2] for pulse in pulses} == {(name, False)}
    done = [pulse[2] for pulse in pulses]
    assert done == sorted(done)
    assert len(set(done)) >= 4
    assert 0 < done[-1] <= ROWS
    held = f"{name}: waiting: the throttle of the revision asks for it"
    assert held in lines()
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == ROWS


def closed():
    """A window that opens in two or three hours."""
    opens = datetime.now(UTC) + timedelta(hours=3)
    return f"{opens:%H}:00-{opens + timedelta(hours=1):%H}:00 UTC"


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_job_obeys_the_settings_of_the_project(db, queued, driver):
    """It returns after its time, with nothing done, until the window is open."""
    queued.settings(backfill_window=closed())

    result = run_job(db, queued, driver)

    assert (result.more, rows_done(db)) == (True, 0)
    queued.ini.write_text(queued.ini.read_text().replace("backfill_window", "# "))
    result = run_job(db, queued, driver)
    assert rows_done(db) > 0


def run_job(db, project, driver):
    more = {"max_seconds": 0.3, "config": project.ini}
    if driver == "psycopg":
        engine = create_engine(db.url())
        result = run_slice(engine, NAME, **more)
        engine.dispose()
        return result

    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # in an event loop

    async def run():
        engine = create_async_engine(db.url("asyncpg"))
        result = await run_slice_async(engine, NAME, **more)
        await engine.dispose()
        return result

    return asyncio.run(run())


def test_a_script_names_the_limits_that_it_does_not_obey(project, caplog):
    more = f', window="{closed()}", max_lock_waiters=0, max_replica_lag="1s"'
    project.settings(backfill_max_wal_rate="50MB", backfill_max_active_sessions="-1")
    project.revision("a1", call(SHAPES["heap"], more))

    project.sql("base:head")

    named = "does not obey max_wal_rate, max_lock_waiters, window"
    assert named in caplog.text


def test_an_index_on_the_column_is_named(db, project, lines):
    for statement in SHAPES["indexed"].setup:
        db.execute(statement)
    project.revision("a1", call(SHAPES["indexed"]))

    project.upgrade()

    assert any('because index "users_lower_idx" contains' in line for line in lines())


def test_a_snapshot_that_keeps_rows_from_staying_is_named(db, project, lines):
    """Whole pages are taken then, and the log says because of whom."""
    db.execute(f"CREATE TABLE users (id int PRIMARY KEY, {COLUMNS})")
    db.execute(f"INSERT INTO users SELECT n, {FILLED} FROM generate_series(1, 5000) n")
    db.execute("ANALYZE users")
    project.revision("a1", 'op.backfill("users", {"email_lower": "lower(email)"})')

    with db.session() as reader:
        pid = reader.pid
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM pg_class")
        project.upgrade()

    held = f"because pid {pid} (idle in transaction, zdt-test) keeps vacuum from"
    moved = [line for line in lines() if "whole pages at once" in line]
    assert [line for line in moved if held in line], moved
    assert db.value("SELECT count(*) FROM users WHERE email_lower IS NULL") == 0
