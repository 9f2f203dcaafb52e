"""One migrator at a time: the others wait, and find nothing to do."""

from __future__ import annotations

import logging
import re
import threading

import pytest
from alembic import command
from sqlalchemy import Engine, NullPool, create_engine, event

from alembic_zdt.env.migration_lock import CLASS
from alembic_zdt.errors import LockNotAvailableError
from tests.support.interruption import cancelled
from tests.support.waiting import wait_until

ENV = "from alembic_zdt import env\nenv.run()\n"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
QUESTION = "SELECT pg_catalog.concat_ws(' ', 'pid', l.pid,"
HELD = (
    "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
    f" AND classid = {CLASS} AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database()))"
)


@pytest.fixture
def ours(db, project, monkeypatch, driver):
    """A project whose env.py is ours."""
    project.write(project.env, ENV)
    db.execute("CREATE TABLE users (id int, email text)")
    db.execute("INSERT INTO users SELECT n, n FROM generate_series(1, 1000) n")
    for name in ("DATABASE_URL", "DATABASE_URL_SYNC"):
        monkeypatch.delenv(name, raising=False)
    return project


def in_thread(function):
    """Run it; what it returned or raised is in the list in the end."""
    found = []

    def run():
        try:
            found.append(function())
        except BaseException as error:  # noqa: BLE001  # for the caller
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def test_ten_processes_started_together(db, ours):
    """One migrates, an index build among it; the others wait and succeed."""
    ours.revision("r1", 'op.create_table("t", sa.Column("id", sa.Integer))')
    ours.revision("r2", INDEX)
    ours.revision("r3", 'op.add_column("t", sa.Column("a", sa.Integer))')

    started = [ours.start("upgrade", "head") for _ in range(10)]
    done = [process.wait() for process in started]

    assert [each.rc for each in done] == [0] * 10, done
    migrated = [each for each in done if "Running upgrade" in each.output]
    assert len(migrated) == 1
    assert migrated[0].output.count("Running upgrade") == 3
    assert ours.current == ["r3"]
    assert db.index("ix").is_valid
    assert not db.is_true(f"SELECT {HELD}")


def test_nothing_to_do_takes_no_lock(db, ours):
    """Whoever has it, at the target nobody asks for it."""
    ours.revision("r1")
    ours.upgrade()
    with held(db, ours):
        ours.upgrade()
        ours.run("current")
        ours.run("history")
        ours.run("stamp", "r1")

        assert db.is_true(f"SELECT {HELD}")


def held(db, project, schema=None):
    """Another session has the lock of this project's version table."""
    import zlib

    name = f"{schema or db.schema}.alembic_version"
    number = zlib.crc32(name.encode()) - 2**31
    return db.holding(f"SELECT pg_advisory_lock({CLASS}, {number})")


def test_lock_is_that_of_the_schema_of_the_version_table(db, ours, new_schema):
    """Whatever is in the search_path."""
    other = new_schema()
    ours.write(ours.env, ENV.replace("run()", f"run(version_table_schema={other!r})"))
    ours.revision("r1")

    with held(db, ours):
        ours.upgrade(x=["zdt.migration_lock_deadline=300ms"])
    with held(db, ours, other), pytest.raises(LockNotAvailableError):
        ours.downgrade(x=["zdt.migration_lock_deadline=300ms"])


def test_deadline_says_who_has_it(db, ours):
    ours.revision("r1", INDEX)
    with held(db, ours) as other:
        with pytest.raises(LockNotAvailableError) as caught:
            ours.upgrade(x=["zdt.migration_lock_deadline=300ms"])

        said = str(caught.value)
        assert "another process migrates this database" in said
        assert f"pid {other.pid} of zdt-test" in said
        assert "SELECT pg_advisory_lock" in said
        with pytest.raises(LockNotAvailableError) as caught:
            ours.upgrade(
                x=["zdt.migration_lock_deadline=300ms", "zdt.show_queries=off"]
            )
        assert "SELECT pg_advisory_lock" not in str(caught.value)
    assert ours.current == []


def test_holder_that_ends_before_it_is_named(db, ours):
    ours.revision("r1", INDEX)
    with held(db, ours) as other:

        def end(_connection, _cursor, statement, *_):
            if statement.startswith(QUESTION):
                other.execute("SELECT pg_advisory_unlock_all()")

        event.listen(Engine, "before_cursor_execute", end)
        try:
            with pytest.raises(LockNotAvailableError) as caught:
                ours.upgrade(x=["zdt.migration_lock_deadline=0s"])
        finally:
            event.remove(Engine, "before_cursor_execute", end)

    assert re.search(r"Waited .* for it: it has ended just now\.", str(caught.value))


def test_lock_is_for_the_version_table_that_is_found(db, ours, new_schema):
    """Though the search_path begins with another schema."""
    ours.revision("r0", "pass")
    ours.upgrade()
    first = new_schema()
    db.execute(f"ALTER DATABASE {db.database} SET search_path = {first}, {db.schema}")
    ours.revision("r1", "pass")

    with held(db, ours), pytest.raises(LockNotAvailableError):
        ours.upgrade(x=["zdt.migration_lock_deadline=300ms"])

    ours.upgrade()
    assert ours.current == ["r1"]


def test_it_waits_and_goes_on(db, ours, caplog):
    """A session that waits has no snapshot that would hold an index build up."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    ours.revision("r1", INDEX)
    with held(db, ours) as other:
        thread, found = in_thread(ours.upgrade)
        wait_until(lambda: "another process migrates" in caplog.text, "it waits")
        db.execute("CREATE INDEX CONCURRENTLY other ON users (id)")
        assert db.index("other").is_valid
        assert f"pid {other.pid}" in caplog.text
        other.execute("SELECT pg_advisory_unlock_all()")
        thread.join(30)

    assert not any(isinstance(each, BaseException) for each in found), found
    assert db.index("ix").is_valid


def test_what_another_one_has_done_is_enough(db, ours, caplog):
    """Not the lock is waited for, but that there is nothing left to do."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    ours.revision("r1", "op.execute('CREATE TABLE t ()')")
    with held(db, ours):
        thread, found = in_thread(ours.upgrade)
        wait_until(lambda: "another process migrates" in caplog.text, "it waits")
        db.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
        db.execute("INSERT INTO alembic_version VALUES ('r1')")
        thread.join(30)

    assert not any(isinstance(each, BaseException) for each in found), found
    assert not db.exists("t")


def test_killed_holder_is_followed_by_another_one(db, ours):
    """The lock goes with its session, in the middle of a revision."""
    ours.revision("r1", "op.execute('CREATE TABLE one ()')")
    ours.revision("r2", INDEX)
    with db.holding("INSERT INTO users VALUES (0)"):
        first = ours.start("upgrade", "head")
        db.wait_until(HELD)
        db.wait_until("to_regclass('one') IS NOT NULL")
        second = ours.start("upgrade", "head")
        first.kill()
    done = second.wait()

    assert done.rc == 0, done.output
    assert ours.current == ["r2"]
    assert db.index("ix").is_valid


def test_failed_run_gives_it_back(db, ours):
    """Also where the connection is the caller's, and stays open."""
    if ours.driver == "asyncpg":
        pytest.skip("the caller's connection is a sync one")
    ours.revision("r1", "op.execute('SELECT no')")
    engine = create_engine(db.url(), poolclass=NullPool)
    config = ours.config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(Exception, match='"no" does not exist'):
            command.upgrade(config, "head")

        assert not db.is_true(f"SELECT {HELD}")


def test_cancelled_release_is_tried_again(db, ours):
    """The session may be one of the program's, which lives on."""
    ours.revision("r1", INDEX)
    engine = create_engine(db.url(), poolclass=NullPool)
    config = ours.config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with cancelled(lambda sent: f"advisory_unlock({CLASS}," in sent) as found:
            command.upgrade(config, "head")
        assert found
        assert not db.is_true(f"SELECT {HELD}")
    assert ours.current == ["r1"]


def test_another_version_table_is_another_lock(db, ours):
    ours.revision("r1", INDEX)
    call = 'env.run(version_table="other_version")'
    ours.write(ours.env, re.sub(r"env\.run\(\)", call, ENV))
    with held(db, ours):
        ours.upgrade(x=["zdt.migration_lock_deadline=1s"])

    assert db.value("SELECT version_num FROM other_version") == "r1"


def test_it_can_be_switched_off(db, ours):
    ours.revision("r1", INDEX)
    with held(db, ours):
        ours.upgrade(x=["zdt.migration_lock=off"])

    assert ours.current == ["r1"]


def test_upgrade_by_phase_says_once_where_it_stopped(db, ours):
    """It is asked twice what there is to do."""
    ours.revision("r1", INDEX, variables={"zdt_phase": "contract"})

    done = ours.cli("upgrade", "--phase", "expand", module="alembic_zdt").ok()

    assert done.output.count("stopped before revision") == 1
