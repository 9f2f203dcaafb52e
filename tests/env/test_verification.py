"""After an upgrade somebody looks whether it is really there."""

from __future__ import annotations

import logging

import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine

from alembic_zdt import api
from alembic_zdt.commands.downgrade import downgrade
from alembic_zdt.commands.upgrade import upgrade
from alembic_zdt.errors import VerificationError
from tests.support.project import HAS_PLUGINS

CONNECT = "connectable.connect() as connection:\n"
STATEMENT = {
    "psycopg": "        connection.exec_driver_sql('SELECT 1')\n",
    "asyncpg": "        await connection.exec_driver_sql('SELECT 1')\n",
}
TABLE = "op.execute('CREATE TABLE t (id int)')"


@pytest.mark.drivers_by_turns
@pytest.mark.compat
@pytest.mark.parametrize("module", ["alembic", "alembic_zdt"])
@pytest.mark.parametrize("verb", ["upgrade", "downgrade"])
def test_silent_rollback_is_an_error(db, project, driver, module, verb):
    """After a statement before context.configure() Alembic ends well.

    Each module, and each verb, meets both drivers.
    """
    project.revision("r1", TABLE, "op.execute('DROP TABLE t')")
    if verb == "downgrade":
        project.upgrade()
    before = db.exists("t")
    if not HAS_PLUGINS:
        context = "from alembic import context"
        project.edit_env(context, f"{context}\nfrom alembic_zdt import op")
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])

    target = "head" if verb == "upgrade" else "base"
    done = project.cli(verb, target, module=module)

    assert f"Running {verb} " in done.output
    assert done.rc == 255
    assert "FAILED: the revisions were rolled back" in done.output
    assert "call connection.commit() after that statement" in done.output
    assert db.exists("t") is before


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("module", ["alembic", "alembic_zdt"])
def test_error_of_a_revision_counts(project, driver, module):
    """Its rollback is not silent.

    Each module is run with one driver.
    """
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])
    project.revision("r1", TABLE)
    project.revision("r2", "raise ValueError('of the revision')")

    done = project.cli("upgrade", "head", module=module)

    assert "ValueError: of the revision" in done.output
    assert "rolled back" not in done.output


COMMITS = {
    "psycopg": {
        "commit": "connection.commit()",
        "rollback": "connection.rollback()",
    },
    "asyncpg": {
        "commit": "await connection.commit()",
        "rollback": "await connection.rollback()",
    },
}


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_transaction_that_env_py_ends_is_its_own(db, project, driver, ending):
    """Also a dry run that is rolled back on purpose."""
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])
    text = project.env.read_text()
    if driver == "psycopg":
        last = text.rindex("            context.run_migrations()")
        place = text.index("\n", last)
    else:
        place = text.index("\n", text.index("await connection.run_sync"))
    line = f"\n        {COMMITS[driver][ending]}"
    project.write(project.env, text[:place] + line + text[place:])
    project.revision("r1", TABLE)

    done = project.cli("upgrade", "head", module="alembic")

    assert done.rc == 0, done.output
    assert db.exists("t") is (ending == "commit")


def test_caller_may_want_nothing_to_be_kept(db, project):
    """As tests do, with a connection of their own."""
    project.edit_env(
        "connectable = engine_from_config(",
        'connectable = config.attributes["connection"] or engine_from_config(',
    )
    project.edit_env(
        "with connectable.connect() as connection:",
        "from contextlib import nullcontext\n"
        "    with nullcontext(connectable) as connection:",
    )
    project.revision("r1", TABLE)
    engine = create_engine(db.url(), poolclass=NullPool)
    config = project.config()
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    assert not db.exists("t")


@pytest.mark.parametrize("target", ["head", "+1", "r1"])
def test_what_is_there_is_no_error(db, project, driver, target):
    project.revision("r1", TABLE)

    upgrade(project.config(), target)
    upgrade(project.config(), "heads")

    assert project.current == ["r1"]


def test_rolled_back_downgrade(db, project):
    """The revisions below are no proof of it."""
    project.revision("r1", TABLE, "op.execute('DROP TABLE t')")
    project.upgrade()
    project.write(
        project.env,
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "c = context.config.attributes['connection'].connect()\n"
        "c.exec_driver_sql('SELECT 1')\n"
        "context.configure(connection=c)\n"
        "with context.begin_transaction():\n    context.run_migrations()\n"
        "c.rollback()\nc.close()\n",
    )
    engine = create_engine(db.url(), poolclass=NullPool)

    with pytest.raises(VerificationError, match="the revisions none; it has r1"):
        api.downgrade(engine, "base", config=project.config())

    assert db.exists("t")


def test_newer_code_that_was_faster_is_no_error(db, project):
    """Between the run and the look somebody has gone on."""
    project.revision("r1", TABLE)
    project.revision("r2", "op.execute('SELECT 1')")
    look = (
        "\nif context.config.attributes.setdefault('runs', []):\n"
        "    import sqlalchemy\n"
        "    with sqlalchemy.create_engine("
        f"{db.url()!r}, poolclass=sqlalchemy.NullPool).begin() as faster:\n"
        "        faster.exec_driver_sql("
        "\"UPDATE alembic_version SET version_num = 'X'\""
        ".replace('X', context.config.attributes['faster']))\n"
        "context.config.attributes['runs'].append(1)\n"
    )
    text = project.env.read_text()
    start = text.index("def run_migrations_offline")
    project.write(project.env, text[:start] + look.lstrip() + text[start:])
    for faster in ("r2", "newer"):
        config = project.config()
        config.attributes["faster"] = faster

        upgrade(config, "r1" if faster == "r2" else "r2")

        assert project.current == [faster]
        db.execute("UPDATE alembic_version SET version_num = 'r1'")


SWALLOWED = """
with op.get_context().autocommit_block():
    try:
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (id)")
    except Exception as error:
        print(error)
"""


def test_invalid_index_that_is_left(db, project, driver):
    """The error was swallowed; the deploy must not go on as if nothing were."""
    db.execute("CREATE TABLE users (id int)")
    db.execute("INSERT INTO users VALUES (1), (1)")
    project.revision("r1", SWALLOWED)

    with pytest.raises(VerificationError, match=r"has left the index .*ix.* INVALID"):
        upgrade(project.config(), "head")

    assert project.current == ["r1"]


def test_downgrade_that_leaves_an_invalid_index(db, project):
    db.execute("CREATE TABLE users (id int)")
    db.execute("INSERT INTO users VALUES (1), (1)")
    project.revision("r1", "op.execute('SELECT 1')", SWALLOWED)
    project.upgrade()

    with pytest.raises(VerificationError, match=r"has left the index .*ix.* INVALID"):
        downgrade(project.config(), "base")

    assert project.current == []


def test_what_was_left_before_is_not_ours(db, project, caplog):
    caplog.set_level(logging.WARNING, "alembic_zdt")
    db.execute("CREATE TABLE users (id int)")
    db.execute("INSERT INTO users VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (id)")
    project.revision("r1", TABLE)
    project.revision(
        "r2", "op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID')"
    )

    upgrade(project.config(), "head")

    assert "is NOT VALID: older rows may violate it" in caplog.text
    assert project.current == ["r2"]


def test_index_of_a_partitioned_table_may_be_invalid(db, project):
    """It waits for those of the partitions, which come one by one."""
    db.execute("CREATE TABLE users (id int) PARTITION BY LIST (id)")
    project.revision("r1", "op.execute('CREATE INDEX ix ON ONLY users (id)')")

    upgrade(project.config(), "head")

    assert project.current == ["r1"]


@pytest.mark.parametrize(
    "ending", ["c.exec_driver_sql('COMMIT')", "c.connection.commit()", "c.commit()"]
)
@pytest.mark.parametrize("options", ["", ", isolation_level='AUTOCOMMIT'"])
def test_what_was_committed_is_no_error(db, project, ending, options):
    """Also past SQLAlchemy, and where each statement is."""
    project.write(
        project.env,
        "from alembic import context\nfrom sqlalchemy import NullPool, create_engine\n"
        f"e = create_engine({db.url()!r}, poolclass=NullPool{options})\n"
        "with e.connect() as c:\n    c.exec_driver_sql('SELECT 1')\n"
        "    context.configure(connection=c)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
        f"    {ending}\n",
    )
    project.revision("r1", TABLE)

    done = project.cli("upgrade", "head", module="alembic")

    assert done.rc == 0, done.output
    assert db.exists("t")


def test_error_of_env_py_counts(db, project, driver):
    """An async connection is closed in a task that knows of no error."""
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])
    text = project.env.read_text()
    where = "await connection.run_sync" if driver == "asyncpg" else "run_migrations()"
    place = text.index("\n", text.rindex(where))
    line = "\n        raise RuntimeError('of env.py')"
    project.write(project.env, text[:place] + line + text[place:])
    project.revision("r1", TABLE)

    done = project.cli("upgrade", "head", module="alembic")

    assert "RuntimeError: of env.py" in done.output
    assert "rolled back" not in done.output


def test_run_while_another_error_is_handled(db, project):
    project.edit_env(CONNECT, CONNECT + STATEMENT["psycopg"])
    project.revision("r1", TABLE)

    try:
        {}["nothing"]
    except KeyError:
        with pytest.raises(VerificationError, match="were rolled back"):
            command.upgrade(project.config(), "head")


def test_connection_that_is_lost_at_the_end_keeps_its_error(db, project):
    """It has no transaction any more that could be asked for."""
    project.write(
        project.env,
        "from alembic import context\nfrom sqlalchemy import NullPool, create_engine\n"
        f"e = create_engine({db.url()!r}, poolclass=NullPool)\n"
        "with e.connect() as c:\n    c.exec_driver_sql('SELECT 1')\n"
        "    context.configure(connection=c)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
        "    c.exec_driver_sql('SELECT pg_terminate_backend(pg_backend_pid())')\n",
    )
    project.revision("r1", TABLE)

    done = project.cli("upgrade", "head", module="alembic")

    assert done.rc != 0
    assert "terminating connection" in done.output
    assert "PendingRollbackError" not in done.output
