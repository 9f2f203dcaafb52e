"""What is said while a long step runs, and that saying it never hurts the step."""

from __future__ import annotations

import logging
import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from tests.support.project import ROOT
from tests.support.roles import role, run_as
from tests.support.terminal import read_until
from tests.support.waiting import wait_until

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int)"
INDEX = 'op.create_index_concurrently("ix", "orders", ["total"])'
CHECK = 'op.create_check_constraint_two_phase("ck", "orders", "total >= 0")'
# A writer that is not idle, so that the build starts, and waits for it.
ADD = (
    'add check constraint "ck" as NOT VALID: ALTER TABLE orders ADD CONSTRAINT ck'
    " CHECK (total >= 0) NOT VALID;"
)
VALIDATE = (
    'validate constraint "ck" on "orders": ALTER TABLE orders VALIDATE CONSTRAINT ck;'
    " [SHARE UPDATE EXCLUSIVE on orders; times]"
)
VALIDATED = (
    'skipped: validate constraint "ck" on "orders" (constraint "ck" is validated there)'
)
BUILD_WAITS = (
    "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'"
    " AND wait_event_type = 'Lock' AND datname = current_database()"
)
WRITER = "INSERT INTO orders VALUES (0, 0); SELECT pg_sleep(60)"


@pytest.fixture(autouse=True)
def orders(db, project):
    """A table, and a log line every tenth of a second."""
    db.execute(ORDERS)
    project.settings(progress="log", progress_interval="100ms")


def _in_thread(project):
    thread = threading.Thread(target=project.upgrade, daemon=True)
    thread.start()
    return thread


def _said(caplog, words):
    ours = (r.getMessage() for r in caplog.records if r.name == "alembic_zdt")
    return [message for message in ours if words in message]


def test_log_lines_say_phase_and_who_is_waited_for(db, project, driver, caplog):
    """Without a terminal a build logs a line every progress_interval."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    project.revision("r1", INDEX)

    with db.background(WRITER) as writer:
        db.wait_until("EXISTS (SELECT FROM pg_locks WHERE pid = %s)", writer.pid)
        migration = _in_thread(project)
        wait_until(lambda: len(_said(caplog, "waits for")) >= 2, "it says who")
        db.execute("SELECT pg_cancel_backend(%s)", writer.pid)
        migration.join(60)

    assert re.fullmatch(
        r'build index "ix": \d+ s, waiting for writers before build, '
        rf"waits for pid {writer.pid} \(active, zdt-test\)",
        _said(caplog, "waits for")[0],
    )
    assert db.index("ix").is_valid


def test_log_lines_show_the_percentage_of_the_phase(db, project, caplog):
    """While the table is read there are blocks to count."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    db.execute(
        "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE"
        " AS 'BEGIN PERFORM pg_sleep(0.002); RETURN $1; END'"
    )
    db.execute("INSERT INTO orders SELECT n, n FROM generate_series(1, 1000) n")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "orders", [sa.text("slow(total)")])',
    )

    project.upgrade()

    shown = r'build index "ix": \d+ s, building index: scanning table, \d+ %'
    assert any(re.fullmatch(shown, line) for line in _said(caplog, " %"))


def test_validation_logs_the_seconds_elapsed(db, project, driver, caplog):
    """There is nothing to count, but one sees that it is alive."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    project.revision("r1", CHECK)
    validate = 'validate constraint "ck" on "orders": '

    db.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total >= 0) NOT VALID")
    with db.holding("LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE") as other:
        pid = other.pid
        migration = _in_thread(project)
        wait_until(lambda: len(_said(caplog, validate)) >= 2, "it says so")
        other.execute("ROLLBACK")
        migration.join(60)

    assert re.fullmatch(
        rf"{validate}\d+ s, waits for pid {pid} \(idle in transaction, zdt-test\)",
        _said(caplog, validate)[0],
    )


def test_every_statement_is_logged_with_its_lock_and_times(db, project, caplog):
    """Queued, and ran."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    project.revision("r1", CHECK)

    project.upgrade()

    times = r"queued \d+\.\d{3} s, ran \d+\.\d{3} s"
    lines = [re.sub(times, "times", line) for line in _said(caplog, "ran")]
    assert lines == [f"{ADD} [ACCESS EXCLUSIVE on orders; times]", VALIDATE]


def test_steps_that_are_done_are_logged_as_skipped(db, project, caplog):
    """With the fact that makes them so."""
    caplog.set_level(logging.INFO, "alembic_zdt")
    db.execute("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total >= 0)")
    project.revision("r1", CHECK)

    project.upgrade()

    assert _said(caplog, "skipped") == [
        'skipped: add check constraint "ck" as NOT VALID (constraint "ck" is there)',
        VALIDATED,
    ]


def test_terminal_shows_a_live_line(db, project):
    """With rich, drawn in place on standard error, whatever the index is called."""
    name = "ix [/] [red]"
    project.settings(progress="auto")
    project.revision(
        "r1", f'op.create_index_concurrently("{name}", "orders", ["total"])'
    )
    master, slave = pty.openpty()

    with db.background(WRITER) as writer:
        db.wait_until("EXISTS (SELECT FROM pg_locks WHERE pid = %s)", writer.pid)
        with subprocess.Popen(
            [sys.executable, "-m", "alembic", "-c", project.ini, "upgrade", "head"],
            cwd=project.folder,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=slave,
        ) as alembic:
            os.close(slave)
            screen = read_until(master, f"waits for pid {writer.pid}")
            db.execute("SELECT pg_cancel_backend(%s)", writer.pid)
            screen += read_until(master, None)
    os.close(master)

    assert alembic.returncode == 0, screen
    shown = rf'build index "{re.escape(name)}": \d+ s, waiting for writers before build'
    assert re.search(shown, screen)
    assert db.index(name).is_valid


def test_step_succeeds_when_no_second_connection_is_allowed(db, project, driver):
    """Watching is a courtesy."""
    project.revision("r1", INDEX)
    project.settings(progress="log", progress_interval="10ms")

    options = "CONNECTION LIMIT 1 IN ROLE pg_read_all_stats"
    with role(db, "migrator", options) as migrator:
        db.execute(f"ALTER TABLE orders OWNER TO {migrator}")
        run_as(project, migrator)
        with db.background(WRITER) as writer:
            db.wait_until("EXISTS (SELECT FROM pg_locks WHERE pid = %s)", writer.pid)
            migration = _in_thread(project)
            db.wait_until(f"{BUILD_WAITS} AND now() - query_start > '1 s')")
            db.execute("SELECT pg_cancel_backend(%s)", writer.pid)
            migration.join(60)

    assert db.index("ix").is_valid
