"""``alembic_zdt.api`` and ``alembic_zdt.aio``: migrations from a program."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextlib import asynccontextmanager, contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt import aio, api
from alembic_zdt.errors import NotReadyError, UndefinedObjectError, UsageError
from alembic_zdt.exit_codes import ExitCode
from tests.support.project import Project

ENV = "from alembic_zdt import env\nimport sqlalchemy as sa\nenv.run(sa.MetaData())\n"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
BACK = 'op.drop_index_concurrently("ix", "users")'
OWN_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
SCHEMES = {"asyncpg": "postgresql+asyncpg", "psycopg": "postgresql+psycopg_async"}


@pytest.fixture
def ours(db, project, monkeypatch):
    """A project whose env.py is ours, with one revision."""
    project.write(project.env, ENV)
    db.execute("CREATE TABLE users (id int, email text)")
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.setenv(name, "postgresql://nobody@127.0.0.1:1/nowhere")
    project.revision("r1", INDEX, BACK)
    return project


@asynccontextmanager
async def engine_of(db, driver):
    url = db.url("psycopg").replace("postgresql+psycopg", SCHEMES[driver], 1)
    engine = create_async_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.mark.parametrize("kind", ["engine", "connection"])
def test_up_and_down_in_a_loop(db, ours, driver, kind):
    async def main():
        async with engine_of(db, driver) as engine:
            if kind == "engine":
                return await round_trip(engine)
            async with engine.connect() as connection:
                found = await round_trip(connection)
                assert await connection.scalar(text("SELECT 1")) == 1
            return found

    async def round_trip(connectable):
        config = str(ours.ini)
        await aio.upgrade(connectable, "head", config=config)
        assert db.index("ix").is_valid
        found = await aio.current(connectable, config=config)
        differences = (await aio.check(connectable, config=config)).differences
        await aio.downgrade(connectable, "base", config=config)
        return found, [str(each[0]) for each in differences]

    assert asyncio.run(main()) == (("r1",), ["remove_index", "remove_table"])
    assert db.indexes("users") == []


@pytest.mark.parametrize("kind", ["engine", "connection"])
def test_up_and_down(db, ours, kind):
    engine = create_engine(db.url(), poolclass=NullPool)

    def round_trip(connectable):
        config = str(ours.ini)
        api.upgrade(connectable, config=config)
        assert db.index("ix").is_valid
        assert api.current(connectable, config=config) == ("r1",)
        assert api.check(connectable, config=config).exit_code == ExitCode.ERROR
        api.downgrade(connectable, "base", config=config)
        assert api.current(connectable, config=config) == ()

    if kind == "engine":
        round_trip(engine)
    else:
        with engine.connect() as connection:
            round_trip(connection)
            assert connection.scalar(text("SELECT 1")) == 1
    assert db.indexes("users") == []


def test_url_of_env_py_is_enough(db, ours, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.setenv(name, db.url())

    api.upgrade(config=ours.config())

    assert api.current(config=ours.config()) == ("r1",)


def test_loop_keeps_running(db, ours, driver):
    """While the migration waits for a lock, other tasks have their turns."""
    ours.revision("r1", 'op.add_not_null_two_phase("users", "email")')

    async def main():
        async with engine_of(db, driver) as engine:
            with db.holding("LOCK TABLE users IN ACCESS SHARE MODE"):
                migration = asyncio.create_task(
                    aio.upgrade(engine, config=str(ours.ini))
                )
                there = "to_regclass('alembic_version') IS NOT NULL"
                await asyncio.to_thread(db.wait_until, there)
                assert not migration.done()
            await migration

    asyncio.run(main())

    assert ours.current == ["r1"]


def test_two_in_one_loop(db, ours, driver):
    """One after the other: Alembic's op and context are there once."""
    ours.revision("r2", 'op.create_table("t", sa.Column("id", sa.Integer))')

    async def main():
        async with engine_of(db, driver) as engine:
            runs = (aio.upgrade(engine, config=str(ours.ini)) for _ in range(3))
            await asyncio.gather(*runs)

    asyncio.run(main())

    assert ours.current == ["r2"]


def test_two_threads(db, ours):
    ours.revision("r2", 'op.create_table("t", sa.Column("id", sa.Integer))')
    failed = []

    def upgrade():
        try:
            api.upgrade(create_engine(db.url(), poolclass=NullPool), config=ours.ini)
        except BaseException as error:  # noqa: BLE001  # looked at below
            failed.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    assert ours.current == ["r2"]


def test_new_loop_within_a_migration_is_refused(db, ours):
    """It would wait forever: the migration goes on when the loop has ended."""
    ours.revision(
        "r1",
        "import asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "from alembic_zdt import aio\nasyncio.run(asyncio.wait_for(aio.current("
        f"create_async_engine({db.url('asyncpg')!r}), config={str(ours.ini)!r}), 20))",
    )

    with pytest.raises(UsageError, match="runs in this thread already"):
        api.upgrade(create_engine(db.url("psycopg")), config=str(ours.ini))


def test_waiting_for_oneself_is_refused(db, ours):
    """In a loop the sync call would stop what it waits for."""
    ours.revision("r1", 'op.add_not_null_two_phase("users", "email")')

    async def main():
        async with engine_of(db, "asyncpg") as engine:
            with db.holding("LOCK TABLE users IN ACCESS SHARE MODE"):
                migration = asyncio.create_task(
                    aio.upgrade(engine, config=str(ours.ini))
                )
                there = "to_regclass('alembic_version') IS NOT NULL"
                await asyncio.to_thread(db.wait_until, there)
                with pytest.raises(UsageError, match="runs in this thread already"):
                    api.upgrade(create_engine(db.url()), config=str(ours.ini))
            await migration

    asyncio.run(main())


@contextmanager
def held_by_another(db, statement):
    """In a transaction, or by a session without a snapshot for which a build waits."""
    if statement.startswith("LOCK"):
        with db.holding(statement):
            yield
        return
    with db.session() as other:
        other.execute(statement)
        yield


@pytest.mark.parametrize("what", ["lock", "index"])
def test_cancelled_task_leaves_what_a_kill_leaves(db, ours, driver, what):
    """No session stays, and another run finishes it."""
    if what == "lock":
        ours.revision("r1", 'op.add_not_null_two_phase("users", "email")')
        held = "LOCK TABLE users IN ACCESS SHARE MODE"
        waits = "to_regclass('alembic_version') IS NOT NULL"
    else:
        db.execute("INSERT INTO users VALUES (1, 'a')")
        db.execute(
            "CREATE FUNCTION held(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN $1; END'"
        )
        call = 'op.create_index_concurrently("ix", "users", [sa.text("held(id)")])'
        ours.revision("r1", call)
        held = "SELECT pg_advisory_lock(1)"
        waits = (
            "EXISTS (SELECT FROM pg_stat_progress_create_index"
            " WHERE datname = current_database())"
        )
    before = db.column(OWN_SESSIONS)
    gone = (
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name <> 'zdt-test' AND backend_type = 'client backend'"
        " AND pid <> ALL (%s))"
    )

    async def main():
        async with engine_of(db, driver) as engine:
            with held_by_another(db, held):
                migration = asyncio.create_task(
                    aio.upgrade(engine, config=str(ours.ini))
                )
                await asyncio.to_thread(db.wait_until, waits)
                migration.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await migration
                assert ours.current == []
                await asyncio.to_thread(db.wait_until, gone, before)
            await aio.upgrade(engine, config=str(ours.ini))

    asyncio.run(main())

    assert ours.current == ["r1"]
    if what == "index":
        assert db.indexes("users") == ["ix"]
        assert db.index("ix").is_valid


def test_env_py_that_connects_by_itself_is_refused(db, project):
    """It might migrate another database than the one that was meant."""
    project.revision("r1", "op.execute('CREATE TABLE t ()')")
    engine = create_engine(db.url(), poolclass=NullPool)

    with pytest.raises(UsageError, match="does not use the connection"):
        api.upgrade(engine, config=project.config())

    assert not db.exists("t")


def test_errors_are_raised_as_they_are(db, ours, driver):
    ours.revision("r1", 'op.create_index_concurrently("ix", "nothing", ["email"])')

    async def main():
        async with engine_of(db, driver) as engine:
            await aio.upgrade(engine, config=str(ours.ini))

    with pytest.raises(UndefinedObjectError, match='"nothing" does not exist'):
        asyncio.run(main())


def test_no_such_file(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        api.upgrade(config=tmp_path / "alembic.ini")


def test_waiting_in_a_loop(db, ours, driver):
    """One task waits for what another one does."""

    async def main():
        async with engine_of(db, driver) as engine:
            config = str(ours.ini)
            waiting = asyncio.create_task(aio.wait(engine, config=config))
            await aio.upgrade(engine, config=config)
            await waiting
            await aio.wait(engine, timeout="0s", compatible=True, config=config)

    asyncio.run(main())


def test_waiting_in_vain(db, ours, driver):
    async def main(url):
        engine = create_async_engine(url)
        await aio.wait(engine, timeout="0s", config=str(ours.ini))

    url = f"{SCHEMES[driver]}://u@127.0.0.1:1/d"
    with pytest.raises(NotReadyError, match="no connection"):
        asyncio.run(main(url))
    engine = create_engine(db.url(), poolclass=NullPool)
    with pytest.raises(NotReadyError, match="is at none, expected is r1"):
        api.wait(engine, timeout="0s", config=str(ours.ini))


OVER_AN_ENGINE = {
    "upgrade": lambda engine, config: aio.upgrade(engine, config=config),
    "downgrade": lambda engine, config: aio.downgrade(engine, "base", config=config),
    "current": lambda engine, config: aio.current(engine, config=config),
    "check": lambda engine, config: aio.check(engine, config=config),
    "wait": lambda engine, config: aio.wait(engine, timeout="0s", config=config),
}


@pytest.mark.parametrize("name", OVER_AN_ENGINE)
def test_async_template_of_alembic_in_a_loop_is_refused(db, tmp_path, name):
    """Its asyncio.run() cannot run there; no coroutine is left that nobody awaits."""
    project = Project(tmp_path, db, "asyncpg")
    project.revision("r1", "op.execute('CREATE TABLE t ()')")

    async def main():
        async with engine_of(db, "asyncpg") as engine:
            await OVER_AN_ENGINE[name](engine, project.config())

    with pytest.raises(UsageError, match="does not use the connection") as caught:
        asyncio.run(main())
    assert "call asyncio.run() only if it is not" in caught.value.hint
    del caught
    gc.collect()  # a warning of such a coroutine is an error


@pytest.mark.parametrize("name", OVER_AN_ENGINE)
def test_async_template_that_uses_the_connection(db, tmp_path, name):
    """As the hint of the error, and Alembic's cookbook, have it."""
    project = Project(tmp_path, db, "asyncpg")
    project.models("metadata = sa.MetaData()\n")
    project.edit_env(
        "asyncio.run(run_async_migrations())",
        'given = config.attributes.get("connection")\n'
        "    if given is None:\n        asyncio.run(run_async_migrations())\n"
        "    else:\n        do_run_migrations(given)",
    )

    async def main():
        async with engine_of(db, "asyncpg") as engine:
            await OVER_AN_ENGINE[name](engine, project.config())

    asyncio.run(main())


def test_sync_function_in_a_loop(db, tmp_path):
    """Without a connection env.py of the async template starts its own loop."""
    project = Project(tmp_path, db, "asyncpg")

    async def main():
        api.wait(timeout="0s", config=project.config())

    with pytest.raises(UsageError, match="starts an event loop inside a running one"):
        asyncio.run(main())
    gc.collect()
    api.wait(timeout="0s", config=project.config())


@pytest.mark.parametrize("name", ["check", "wait"])
def test_looking_at_another_database_is_refused(db, project, name):
    """The answer would be that of the database of env.py."""
    engine = create_engine(db.url(), poolclass=NullPool)

    with pytest.raises(UsageError, match="does not use the connection"):
        getattr(api, name)(engine, config=project.config())


def test_waiting_keeps_nobody_from_migrating(db, ours):
    """A thread that waits for what another one is about to do."""
    engine = create_engine(db.url(), poolclass=NullPool)
    failed = []

    def wait():
        try:
            api.wait(engine, timeout="30s", config=str(ours.ini))
        except BaseException as error:  # noqa: BLE001  # looked at below
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    api.upgrade(engine, config=str(ours.ini))
    thread.join(30)

    assert failed == []
    assert not thread.is_alive()


def test_engine_gets_no_session_of_a_migration_back(db, ours):
    engine = create_engine(db.url())
    before = db.column(OWN_SESSIONS)

    api.upgrade(engine, config=str(ours.ini))

    db.wait_until(
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> ALL (%s)"
        " AND datname = current_database() AND backend_type = 'client backend')",
        before,
    )
    engine.dispose()
