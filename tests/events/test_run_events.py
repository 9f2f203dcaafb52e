"""A run tells its subscribers when it begins, goes on and ends."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: TID251  # the caller's

from alembic_zdt import aio, api, events
from alembic_zdt.errors import ZdtError
from alembic_zdt.scratch.project import Project as ScratchProject

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"
INDEX = 'op.create_index_concurrently("ix_email", "users", ["email"])'
NULLABLE = 'op.drop_not_null("users", "email")'
ENV_RUN = "from alembic_zdt import env\nenv.run(target_metadata=None)\n"


@pytest.fixture
def users(db, project):
    db.execute(USERS)
    project.revision("r1", INDEX, 'op.drop_index_concurrently("ix_email", "users")')
    project.revision("r2", NULLABLE)


def test_events_follow_a_run_from_begin_to_end(db, project, driver, users, seen):
    began = datetime.now(UTC)

    project.upgrade()

    assert seen.kinds == [
        "RunStarted",
        *("StepStarted", "StepFinished", "RevisionApplied"),
        *("StepStarted", "StepFinished", "RevisionApplied"),
        "RunFinished",
    ]
    assert len({event.run for event in seen}) == 1
    assert seen[0].run
    assert began <= seen[0].at <= seen[-1].at <= datetime.now(UTC)
    started, finished = seen[0], seen[-1]
    url = sa.make_url(db.url(driver))
    assert started.direction == "upgrade"
    assert started.database == url.database
    assert started.server.startswith(url.host or url.query.get("host", ""))
    assert started.revisions == finished.revisions == ("r1", "r2")
    assert finished.left_out == ()
    assert finished.seconds > 0
    first, second = seen.of(events.RevisionApplied)
    assert (first.revision, first.direction, second.revision) == ("r1", "upgrade", "r2")
    assert finished.seconds > first.seconds > 0


def test_step_is_told_with_table_lock_and_times(project, users, seen):
    project.upgrade()

    begun, nullable = seen.of(events.StepStarted)
    built, dropped = seen.of(events.StepFinished)
    assert begun.revision == built.revision == "r1"
    assert begun.step == built.step
    assert begun.step.startswith("build")
    assert begun.table == built.table == "users"
    assert begun.locks == ("SHARE UPDATE EXCLUSIVE on users",)
    assert "CREATE INDEX CONCURRENTLY ix_email ON users" in begun.sql
    assert nullable.sql == "ALTER TABLE users ALTER COLUMN email DROP NOT NULL;"
    assert (dropped.lock, dropped.outcome) == ("ACCESS EXCLUSIVE", "done")
    assert (dropped.tries, dropped.rows, dropped.error) == (1, None, "")
    assert built.seconds > 0
    assert dropped.seconds > 0


def test_downgrade_is_told_as_one(project, users, seen):
    project.upgrade("r1")
    seen.clear()

    project.downgrade()

    assert seen.one(events.RunStarted).direction == "downgrade"
    assert seen.one(events.RevisionApplied).direction == "downgrade"
    assert seen.one(events.RunFinished).revisions == ("r1",)


@pytest.mark.parametrize("one_each", [True, False])
def test_revision_says_whether_it_is_committed(db, project, seen, one_each):
    project.configure(transaction_per_migration=one_each, zdt_guard="off")
    project.revision("r1", 'op.execute("CREATE TABLE a (id int)")')

    project.upgrade()

    assert seen.one(events.RevisionApplied).is_committed is one_each
    assert db.exists("a")


def test_run_that_finds_nothing_to_do_sends_nothing(project, users, seen):
    project.upgrade()
    seen.clear()

    project.upgrade()
    project.run("current")
    project.run("stamp", "r1")
    project.sql()

    assert seen == []


def test_done_step_of_an_earlier_run_is_not_told_again(db, project, users, seen):
    db.execute("CREATE INDEX ix_email ON users (email)")

    project.upgrade("r1")

    assert seen.kinds == ["RunStarted", "RevisionApplied", "RunFinished"]


def test_failure_names_revision_step_and_reason(project, users, seen):
    project.revision("r3", 'op.validate_constraint("missing", "users")')

    with pytest.raises(ZdtError) as caught:
        project.upgrade()

    failed = seen[-1]
    assert isinstance(failed, events.RunFailed)
    assert failed.run == seen[0].run
    assert failed.error == type(caught.value).__name__
    assert failed.message == caught.value.primary
    assert failed.hint == caught.value.hint
    assert failed.revision == "r3"
    assert failed.revisions == ("r1", "r2")
    assert seen.of(events.RunFinished) == []


def test_error_of_a_revision_is_told_without_its_sql(project, seen):
    project.configure(zdt_guard="warn")
    project.revision("r1", 'op.execute("SELECT * FROM missing")')

    with pytest.raises(sa.exc.ProgrammingError):
        project.upgrade()

    failed = seen.one(events.RunFailed)
    assert failed.message == 'relation "missing" does not exist'
    assert (failed.revision, failed.step, failed.detail) == ("r1", "", "")


HIDDEN = "the text of the error is hidden, because show_queries is off"
AT_COMMIT = """
CREATE TABLE a (id int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'topsecret'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    "sql",
    ["SELECT 'topsecret'::int", "INSERT INTO a VALUES (1)"],
    ids=["run", "commit"],
)
def test_error_may_hold_a_value_of_the_query(db, project, driver, seen, sql, shown):
    """The text of the server repeats it, in a statement or in the commit."""
    db.execute(AT_COMMIT)
    project.configure(zdt_guard="off", zdt_show_queries=shown)
    project.revision("r1", f'op.execute("{sql}")')

    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()

    failed = seen.one(events.RunFailed)
    assert ("topsecret" in failed.message) is shown
    assert shown or failed.message == HIDDEN


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    ("call", "kept"),
    [
        ('op.create_check_constraint_two_phase("c", "a", "email::int > 0")', False),
        ('op.create_unique_constraint_concurrently("u", "a", ["email"])', True),
    ],
    ids=["server", "rows"],
)
def test_our_error_may_hold_a_value_of_the_query(db, project, seen, call, kept, shown):
    """A message of the server is hidden; of found rows the detail is."""
    db.execute("CREATE TABLE a (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO a SELECT i, 'topsecret' FROM generate_series(1, 2) i")
    project.configure(zdt_guard="off", zdt_show_queries=shown)
    project.revision("r1", call)

    with pytest.raises(ZdtError):
        project.upgrade()

    failed = seen.one(events.RunFailed)
    assert ("topsecret" in failed.message + failed.detail) is shown
    assert shown or ((failed.message != HIDDEN) is kept and not failed.detail)


def test_run_that_cannot_connect_has_failed(project, users, seen):
    text = project.ini.read_text()
    url = "postgresql+psycopg://me:topsecret@localhost:1/none"
    project.write(project.ini, text.replace(project.db.url("psycopg"), url))

    with pytest.raises(sa.exc.OperationalError):
        project.upgrade()

    failed = seen.one(events.RunFailed)
    assert seen.kinds == ["RunFailed"]
    assert failed.run
    assert failed.error == "OperationalError"
    assert "connection" in failed.message
    assert failed.revisions == ()


def test_swallowed_error_is_a_failure_all_the_same(project, users, seen):
    project.revision("r3", "1 / 0")
    project.edit_env(
        "            context.run_migrations()",
        "            try:\n"
        "                context.run_migrations()\n"
        "            except ZeroDivisionError:\n"
        "                pass",
    )

    project.upgrade()

    failed = seen.one(events.RunFailed)
    assert failed.message == "env.py ended before the last pending revision was run"
    assert (failed.revision, failed.revisions) == ("r3", ("r1", "r2"))


def test_each_database_of_env_py_is_a_run(db, project, users, seen, new_schema):
    text = project.env.read_text()
    assert text.rstrip().endswith("run_migrations_online()")
    again = f"{text.rstrip()}\n    {text.rstrip().splitlines()[-1].strip()}\n"
    second = new_schema()
    again = again.replace(
        "with connectable.connect() as connection:",
        "with connectable.connect() as connection:\n"
        "        if getattr(config, 'second', False):\n"
        f"            connection.exec_driver_sql('SET search_path TO {second}')\n"
        f"            connection.exec_driver_sql({USERS!r})\n"
        "            connection.commit()\n"
        "        config.second = True\n",
    )
    project.write(project.env, again)

    project.upgrade()

    first, other = seen.of(events.RunStarted)
    assert first.run != other.run
    ends = seen.of(events.RunFinished)
    assert [end.run for end in ends] == [first.run, other.run]
    assert seen.index(ends[0]) < seen.index(other)
    assert {event.run for event in seen} == {first.run, other.run}


@pytest.mark.parametrize("phase", [None, "before_deploy"])
def test_run_of_a_program_is_told(db, project, users, seen, phase):
    project.write(project.env, ENV_RUN)
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)

    api.upgrade(engine, config=project.config(), phase=phase)

    assert (seen.kinds[0], seen.kinds[-1]) == ("RunStarted", "RunFinished")
    assert seen[-1].revisions == ("r1", "r2")


def test_run_in_an_event_loop_is_told(db, project, users, seen):
    project.write(project.env, ENV_RUN)
    project.revision("r3", "1 / 0")

    async def run():
        engine = create_async_engine(db.url("asyncpg"), poolclass=sa.NullPool)
        await aio.upgrade(engine, config=project.config())

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())

    failed = seen.one(events.RunFailed)
    assert len({event.run for event in seen}) == 1
    assert failed.message == "division by zero"
    assert (failed.revision, failed.revisions) == ("r3", ("r1", "r2"))


def test_failure_before_the_first_revision_of_a_program_is_told(db, project, seen):
    project.write(project.env, ENV_RUN)
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.NullPool)

    with pytest.raises(CommandError):
        api.upgrade(engine, "missing", config=project.config())

    assert "missing" in seen.one(events.RunFailed).message


def test_scratch_database_sends_nothing(db, project, users, seen):
    scratch = ScratchProject(project.ini)

    scratch.upgrade(db.url("psycopg"), "r2")

    assert project.current == ["r2"]
    assert seen == []


def test_events_cannot_be_changed(project, users, seen):
    project.upgrade("r1")

    for event in seen:
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.run = "another"
