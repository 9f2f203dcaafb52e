"""A long wait is seen under the alembic.ini of Alembic's templates, too."""

from __future__ import annotations

import logging
import re
import threading

import pytest

from tests.support.waiting import wait_until

DEFAULT = 'op.alter_column_safely("users", "email", server_default="x")'
DROP = 'op.drop_index_concurrently("ix", "users")'
STATIC = "Generating static SQL"


@pytest.fixture
def users(db, project):
    """A table with an index; a step gives up after a second."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("CREATE INDEX ix ON users (email)")
    project.settings(
        progress_interval="200ms", lock_deadline="1s", snapshot_deadline="1s"
    )
    return db


def _blocked(users, project, *, x=()):
    """What ``alembic upgrade`` prints to stderr while a reader keeps its lock."""
    with users.session() as reader:
        pid = reader.pid
        reader.execute("BEGIN; SELECT count(*) FROM users")
        done = project.cli("upgrade", "head", x=x)
    assert done.rc != 0
    return pid, done.stderr


def test_a_wait_for_a_lock_is_printed_under_the_stock_ini(users, project):
    project.revision("r1", DEFAULT)

    pid, printed = _blocked(users, project)

    ours = [line for line in printed.splitlines() if line.startswith("[alembic_zdt]")]
    waits = rf"\[alembic_zdt\] waiting outside the queue for .* Held by pid {pid} .*"
    assert ours
    assert all(re.fullmatch(waits, line) for line in ours), ours
    # As the error after a second, each fifth of a second, and not more often.
    assert len(ours) <= 5
    assert STATIC not in printed


def test_a_warning_is_seen_under_the_stock_env(db, project):
    """Its fileConfig() disables the loggers that exist already."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute(
        "CREATE FUNCTION emails() RETURNS SETOF text LANGUAGE plpgsql"
        " AS 'BEGIN RETURN QUERY SELECT email FROM users; END'"
    )
    project.revision("r1", 'op.expand_rename_column("users", "email", "mail")')

    printed = project.cli("upgrade", "head").ok().stderr

    assert "WARNI [alembic_zdt] note: before the contract, change " in printed


def test_a_setting_turns_it_off(users, project):
    project.revision("r1", DEFAULT)

    _, printed = _blocked(users, project, x=("zdt.progress=off",))

    assert "[alembic_zdt]" not in printed


def test_a_wait_that_the_log_shows_is_not_printed_again(users, project):
    project.revision("r1", DEFAULT)
    text = project.ini.read_text()
    old = "[logger_root]\nlevel = WARNING"
    assert old in text
    project.write(project.ini, text.replace(old, "[logger_root]\nlevel = INFO"))
    fixed = "fileConfig(config.config_file_name, disable_existing_loggers=False)"
    project.edit_env("fileConfig(config.config_file_name)", fixed)

    _, printed = _blocked(users, project)

    assert "INFO  [alembic_zdt] waiting outside the queue" in printed
    assert "[alembic_zdt] waiting" not in printed.replace("INFO  [alembic_zdt]", "")
    assert STATIC not in printed


def test_a_statement_that_waits_is_printed(users, project, driver, capsys):
    """DROP INDEX CONCURRENTLY waits for a reader that came behind the look."""
    log = logging.getLogger("alembic_zdt")
    assert not log.isEnabledFor(logging.INFO)
    project.revision("r1", DROP)
    printed = []

    def seen():
        printed.append(capsys.readouterr().err)
        return f"waits for pid {reader.pid}" in "".join(printed)

    query = "SELECT count(*), pg_sleep(60) FROM users"
    with users.background(query) as reader:
        users.wait_until("EXISTS (SELECT FROM pg_locks WHERE pid = %s)", reader.pid)
        migration = threading.Thread(target=project.upgrade, daemon=True)
        migration.start()
        wait_until(seen, "the wait is printed")
        users.execute("SELECT pg_cancel_backend(%s)", reader.pid)
        migration.join(60)

    assert '[alembic_zdt] drop index "ix": ' in "".join(printed)
    assert "ix" not in users.column("SELECT indexname FROM pg_indexes")
