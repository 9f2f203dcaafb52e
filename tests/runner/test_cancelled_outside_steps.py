"""``pg_cancel_backend`` ends a statement that belongs to no step of a directive."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.cli import command_line
from alembic_zdt.errors import StatementTimeoutError
from tests.support.interruption import cancelled
from tests.support.messages import error_page
from tests.support.workflows import PHASES, renaming

SAID = "The server reported: canceling statement due to user request."
AGAIN = "hint: Run the same command again; finished steps are skipped."
OURS = "No step of its directives was done."
ROLLED_BACK = 'The transaction of revision "{}" is rolled back.'
ROW = "INSERT INTO alembic_zdt_revision .*'{}', 'upgrade', "
COLUMN = 'op.add_column("users", sa.Column("a", sa.Integer))'
BACK = """\
op.expand_rename_column("users", "mail", "email")
op.migrate_rename_column("users", "mail", "email")"""


@pytest.fixture
def revisions(db, project, monkeypatch):
    """A stock revision, then three of a workflow; the gate is asked."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    project.settings(ignore_applications="zdt-test")
    project.configure(transaction_per_migration=True)
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", COLUMN, 'op.drop_column("users", "a")')
    calls = renaming("users", "email", "mail").split("\n")
    backs = ('op.contract_rename_column("users", "mail", "email")', "pass", BACK)
    for phase, call, back in zip(PHASES, calls, backs, strict=True):
        project.revision(phase, call, back)


def version(revision):
    """Return what is said where Alembic could not write the version."""
    return f'run revision "{revision}"', ROLLED_BACK.format(revision)


def words(what, known):
    """Return the whole error: what is known stands in one of two places."""
    said = f"could not {what}: it was cancelled by another session\ndetail: {SAID}"
    docs = f"docs: {error_page('statement-timeout')}"
    return f"{said} {known}\n{AGAIN}\n{docs}", (
        f"{said}\n{AGAIN}\nrevision: {known}\n{docs}"
    )


def at(text):
    """Return the condition that a statement has a text."""
    return lambda statement: re.search(text, statement) is not None


# What is cancelled, what could not be done, and what is said of the revision, in order.
UPGRADE = (
    (r"^SELECT pg_catalog\.pg_class\.relname", "begin the run", "No revision was run."),
    ("SAVEPOINT zdt_oracle", "look at a revision", "No revision was run."),
    ("ADD COLUMN a", 'run revision "r1"', ROLLED_BACK.format("r1")),
    ("INTO alembic_version", 'run revision "r1"', ROLLED_BACK.format("r1")),
    ("DECLARE zdt_found", "write the log", f'"expand": {OURS}'),
    (ROW.format("expand"), "write the log", 'Revision "expand" is committed.'),
    ("pg_stat_clear_snapshot", "look for old sessions", f'"contract": {OURS}'),
    ("SELECT 1 WHERE EXISTS", "look for old sessions", f'"contract": {OURS}'),
    ("alembic_zdt_backfill", "look for unfinished backfills", f'"contract": {OURS}'),
    ("UPDATE alembic_version", *version("contract")),
)
DOWNGRADE = (
    ("FROM alembic_version", "begin the run", "No revision was run."),
    (r"min\(applied_at\)", "read the log", "No revision was run."),
    ("UPDATE alembic_version", *version("contract")),
    ("DROP COLUMN a", 'run revision "r1"', ROLLED_BACK.format("r1")),
    ("DELETE FROM alembic_version", *version("r1")),
)


@pytest.mark.usefixtures("revisions")
def test_each_is_one_error_and_the_next_run_goes_on(db, project, driver):
    for way, ends, columns in (
        (project.upgrade, UPGRADE, ["id", "mail", "a"]),
        (project.downgrade, DOWNGRADE, ["id", "email"]),
    ):
        for text, what, known in ends:
            with (
                cancelled(at(text)) as found,
                pytest.raises(StatementTimeoutError) as caught,
            ):
                way()
            assert found
            assert str(caught.value) in words(what, known)
        way()
        assert db.columns("users") == columns


def test_revisions_of_the_same_transaction_are_named(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", COLUMN)
    project.revision("r2", renaming("users", "email", "mail").split("\n")[0])
    with (
        cancelled(at("DECLARE zdt_found")) as found,
        pytest.raises(StatementTimeoutError) as caught,
    ):
        project.upgrade()

    assert found
    assert f"{OURS} {ROLLED_BACK.format('r1')}" in str(caught.value)
    assert db.columns("users") == ["id", "email"]


def test_command_line_prints_one_line(project, capsys):
    """Our own command line reports a cancel of what Alembic asks, too."""
    project.edit_env('config.attributes.get("configure_logger", True)', "False")
    project.revision("r1", COLUMN)
    with cancelled(at("relname")) as found, pytest.raises(SystemExit):
        command_line().main(argv=["-c", str(project.ini), "status"])

    assert found
    said = capsys.readouterr()
    assert "FAILED: could not finish the command: it was cancelled by an" in said.out
    assert "Traceback" not in said.out + said.err


def test_project_that_does_not_use_the_package_gets_the_drivers_error(db, project):
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    project.revision("r1", COLUMN, op="alembic")
    with cancelled(at("ADD COLUMN")), pytest.raises(DBAPIError) as caught:
        project.upgrade()

    assert caught.value.__module__ == "sqlalchemy.exc"


@pytest.mark.drivers_by_turns
def test_timeout_of_the_role_is_the_drivers_error(db, project, driver):
    """It is no cancel: the statement of the revision is too slow."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    slow = "op.execute(\"SET statement_timeout = '5ms'\")\n"
    project.revision("r1", 'op.drop_index_concurrently("ix", if_exists=True)')
    project.revision("r2", f'{slow}op.execute("SELECT pg_sleep(60)")')
    with pytest.raises(DBAPIError, match="canceling statement due to statement time"):
        project.upgrade()
