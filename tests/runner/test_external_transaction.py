"""A connection that already has a transaction when Alembic gets it."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import ExternalTransactionError
from tests.support.messages import error_page, without_revision

INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
MESSAGE = (
    "the connection already has a transaction that Alembic did not begin\n"
    "detail: A directive of alembic_zdt commits each of its steps; inside a "
    "transaction of the caller (engine.begin(), or a statement before "
    "context.configure()) it cannot.\n"
    "hint: In env.py use engine.connect() instead of engine.begin(), and call "
    "connection.commit() after any statement before context.configure().\n"
    f"docs: {error_page('external-transaction')}"
)
CONNECT = "connectable.connect() as connection:"
STATEMENT = {
    "psycopg": "        connection.exec_driver_sql('SELECT 1')\n",
    "asyncpg": ("        await connection.exec_driver_sql('SELECT 1')\n"),
}


@pytest.fixture
def users(db):
    """Create the table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")


def begin(project):
    """The recipe of Alembic's asyncio cookbook, and its sync form."""
    project.edit_env(CONNECT, CONNECT.replace("connect()", "begin()"))


def select_first(project):
    """A statement before context.configure() begins a transaction by itself."""
    project.edit_env(f"{CONNECT}\n", f"{CONNECT}\n{STATEMENT[project.driver]}")


def commit_after(project):
    """What the hint says."""
    wait = "await " if project.driver == "asyncpg" else ""
    old = STATEMENT[project.driver]
    project.edit_env(old, f"{old}        {wait}connection.commit()\n")


@pytest.mark.compat
@pytest.mark.parametrize("wrong", [begin, select_first])
def test_transaction_of_the_caller_is_refused(db, project, driver, users, wrong):
    """Our error instead of Alembic's bare AssertionError, and nothing is changed."""
    wrong(project)
    project.revision("r1", INDEX)
    before = db.catalog()

    with pytest.raises(ExternalTransactionError) as caught:
        project.upgrade()

    assert without_revision(str(caught.value)) == MESSAGE
    assert db.catalog() == before
    assert project.current == []


def test_hint_of_connect_works(db, project, driver, users):
    """``connect()`` instead of ``begin()``."""
    begin(project)
    project.edit_env(CONNECT.replace("connect()", "begin()"), CONNECT)
    project.revision("r1", INDEX)

    project.upgrade()

    assert project.current == ["r1"]


def test_hint_of_commit_works(db, project, driver, users):
    """``commit()`` after a statement of one's own."""
    select_first(project)
    commit_after(project)
    project.revision("r1", INDEX)

    project.upgrade()

    assert project.current == ["r1"]


def test_connection_passed_in_with_a_transaction(db, project, users):
    """The cookbook's shared connection, in a program that began a transaction."""
    from alembic import command
    from sqlalchemy import create_engine

    project.edit_env(
        "    connectable = engine_from_config(",
        '    if "connection" in config.attributes:\n'
        '        context.configure(connection=config.attributes["connection"])\n'
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
        "        return\n"
        "    connectable = engine_from_config(",
    )
    project.revision("r1", INDEX)
    config = project.config()
    engine = create_engine(db.url())
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(ExternalTransactionError) as caught:
            command.upgrade(config, "head")
    assert without_revision(str(caught.value)) == MESSAGE

    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    assert project.current == ["r1"]


def test_command_line_prints_one_failure(db, project, users):
    """No traceback, exit code 255."""
    begin(project)
    project.revision("r1", INDEX)

    done = project.cli("upgrade", "head")

    assert done.rc == 255
    assert "Traceback" not in done.output
    said = without_revision(done.output)
    assert " ".join(f"FAILED: {MESSAGE}".split()) in " ".join(said.split())
