"""What the board asks: in READ ONLY transactions, each part by itself."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from alembic_zdt.board.attempts import Attempts
from alembic_zdt.board.board_state import board_state
from alembic_zdt.board.read_only import only_reading
from alembic_zdt.cli.boards import _Teller

AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}
POOL = "poolclass=pool.NullPool,"


def leave_open(connection, _record):
    connection.cursor().execute("SELECT 1")


def connections(url):
    """Each way to a connection of an application, by its name."""
    new = {"poolclass": NullPool}
    yield "plain", create_engine(url, **new).connect()
    yield "engine", create_engine(url, **new, **AUTOCOMMIT).connect()
    engine = create_engine(url, **new)
    yield "options of engine", engine.execution_options(**AUTOCOMMIT).connect()
    yield "options", engine.connect().execution_options(**AUTOCOMMIT)
    listening = create_engine(url, **new)
    event.listen(listening, "connect", leave_open)
    yield "listener", listening.connect()


def shown(connection, name):
    return connection.exec_driver_sql(f"SHOW {name}").scalar()


@pytest.mark.parametrize("dialect", ["psycopg", "psycopg2"])
def test_each_transaction_only_reads(db, dialect):
    """And leaves nothing to the next client of a pooler."""
    with only_reading():
        for way, connection in connections(db.url(dialect)):
            with connection:
                for _ in range(2):
                    assert shown(connection, "transaction_read_only") == "on", way
                    assert shown(connection, "lock_timeout") == "2s", way
                    with pytest.raises(DBAPIError, match="read-only transaction"):
                        connection.exec_driver_sql("CREATE TABLE written ()")
                    connection.rollback()
                cursor = connection.connection.cursor()
                cursor.execute("SHOW default_transaction_read_only")
                assert cursor.fetchone() == ("off",), way
                cursor.execute("ROLLBACK")
    with create_engine(db.url(dialect), poolclass=NullPool).connect() as other:
        assert shown(other, "transaction_read_only") == "off"
    assert not db.exists("written")


def asked(project):
    told = {}
    return board_state(project.config(), told.__setitem__), told


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_env_py_that_writes_is_a_fault(db, project, driver, level):
    project.edit_env(POOL, f'{POOL} isolation_level="{level}",')
    state, told = asked(project)
    assert (state.databases[0].status["heads"], state.faults) == ([], [])
    assert told["the database"] == ""

    run = "            context.run_migrations()"
    if driver == "asyncpg":
        run = run[4:]
    write = "connection.exec_driver_sql('CREATE TABLE written ()')"
    project.edit_env(
        f"\n{run}", f"\n{run.replace('context.run_migrations()', write)}\n{run}"
    )
    state, told = asked(project)
    (fault,) = state.faults
    assert fault.startswith("the database could not be asked: ")
    assert fault.endswith("; the terminal of the board has the text")
    assert "read-only transaction" in told["the database"]
    assert not db.exists("written")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("alembic_version", 'database "{}" could not be asked: '),
        ("alembic_zdt_backfill", 'the status of database "{}" could not be asked: '),
    ],
)
def test_blockers_are_shown_while_a_lock_hides_the_rest(db, project, table, fault):
    project.edit_env(POOL, f'{POOL} isolation_level="AUTOCOMMIT",')
    db.execute("CREATE TABLE b (id int PRIMARY KEY, n int)")
    project.revision("r1", 'op.backfill("b", {"n": "id"}, mode="background")')
    project.upgrade()
    query = f"SELECT count(*) FROM {table}"
    with db.holding(f"LOCK TABLE {table}"), db.background(query) as job:
        job.wait_until_blocked()
        state, told = asked(project)

    (found,) = state.databases
    assert [each.pid for each in found.waits] == [job.pid]
    assert found.status is None
    assert [each.partition("could not be asked: ")[0] for each in state.faults] == [
        fault.format(db.database).partition("could not be asked: ")[0]
    ]
    assert any("lock timeout" in text for text in told.values())


def test_text_of_an_error_of_this_package_is_for_the_terminal(project, monkeypatch):
    """And a configuration that cannot be read does not end the board."""
    project.settings(lock_timeout="personal")
    monkeypatch.chdir(project.folder)
    project.write("pyproject.toml", "[")
    state, told = asked(project)

    assert [each.split(" could")[0] for each in state.faults] == [
        "the database",
        "the fleet",
    ]
    assert "personal" not in str(state.faults)
    assert all("could not be asked: " in each for each in told.values())


def test_signal_that_env_py_turns_into_an_exit_ends_the_board():
    def wait():
        raise KeyboardInterrupt

    def ask():
        try:
            wait()
        except KeyboardInterrupt:
            sys.exit(130)

    with pytest.raises(KeyboardInterrupt):
        Attempts({}.__setitem__).at("the database", ask)


def test_terminal_is_told_once_and_again_after_an_answer(capsys):
    tell = _Teller()
    for _ in range(2):
        tell("a", "first")
        tell("b", "second")
    tell("a", "")
    tell("a", "first")

    assert capsys.readouterr().err == "first\nsecond\nfirst\n"
