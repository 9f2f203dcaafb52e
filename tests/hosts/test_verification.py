"""After an upgrade somebody looks whether it is really there."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt import api
from alembic_zdt.commands.upgrade import upgrade
from alembic_zdt.errors import VerificationError

CONNECT = "connectable.connect() as connection:\n"
STATEMENT = {
    "psycopg": "        connection.exec_driver_sql('SELECT 1')\n",
    "asyncpg": "        await connection.exec_driver_sql('SELECT 1')\n",
}
TABLE = "op.execute('CREATE TABLE t (id int)')"


def test_silent_rollback_is_an_error(db, project, driver):
    """After a statement before context.configure() Alembic ends well."""
    project.edit_env(CONNECT, CONNECT + STATEMENT[driver])
    project.revision("r1", TABLE)

    done = project.cli("upgrade", module="alembic_zdt")

    assert "Running upgrade  -> r1" in done.output
    assert done.rc != 0
    assert "what was run is not in the database" in done.output
    assert "should be r1; there are none" in done.output
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
        "c.close()\n",
    )
    engine = create_engine(db.url(), poolclass=NullPool)

    with pytest.raises(VerificationError, match="should be none; there are r1"):
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
