"""The connection goes away where no directive runs: in Alembic's own statements."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from alembic_zdt.errors import ConnectionLostError
from tests.support.interruption import backend_pid, end_backend
from tests.support.messages import error_page

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"
DIRECTIVE = 'op.create_index_concurrently("ix", "users", ["email"])'
COLUMN = 'op.add_column("users", sa.Column("a", sa.Integer))'
SAID = {
    "psycopg": "terminating connection due to administrator command",
    "asyncpg": "connection was closed in the middle of operation: terminating "
    "connection due to administrator command",
}
LOST = """\
lost the connection to the server: could not {what}
detail: The driver reported: {said}. {known}
hint: When the server is reachable, run the same command again; finished steps are \
skipped.
docs: {docs}"""


@contextlib.contextmanager
def lost_at_the_commit_of(db, revision):
    """End the backend before the commit that follows a revision's row."""
    written = []

    def before_statement(_connection, _cursor, statement, parameters, *_):
        row = f"{statement} {parameters}"
        if "alembic_version" in statement and repr(revision) in row:
            written.append(revision)

    def before_commit(connection):
        if written and None not in written:
            written.append(None)
            end_backend(db, backend_pid(connection))

    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", before_commit)
    try:
        yield written
    finally:
        event.remove(Engine, "before_cursor_execute", before_statement)
        event.remove(Engine, "commit", before_commit)


def said(error, driver, what, known):
    words = LOST.format(
        what=what, said=SAID[driver], known=known, docs=error_page("connection-lost")
    )
    assert str(error) == words


@pytest.mark.parametrize("per_migration", [False, True], ids=["one", "each"])
def test_last_commit(db, project, driver, per_migration):
    """What is unknown is named, and the same command goes on."""
    db.execute(USERS)
    project.configure(transaction_per_migration=per_migration)
    project.revision("r1", DIRECTIVE)
    project.revision("r2", COLUMN)
    with (
        lost_at_the_commit_of(db, "r2") as written,
        pytest.raises(ConnectionLostError) as caught,
    ):
        project.upgrade()

    assert None in written
    what = 'revision "r2"' if per_migration else 'revisions "r1", "r2"'
    unknown = f"Whether the server has committed {what} is unknown; "
    known = f'{unknown}"alembic current" shows it.'
    said(caught.value, driver, f"commit {what}", known)
    current = project.cli("current").ok().stdout.split()
    assert current == (["r1"] if per_migration else [])
    project.upgrade()
    assert project.current == ["r2"]
    assert db.columns("users") == ["id", "email", "a"]


@pytest.mark.drivers_by_turns
def test_stock_statement_of_a_project_that_has_directives(db, project, driver):
    db.execute(USERS)
    project.configure(transaction_per_migration=True)
    project.revision("r1", DIRECTIVE)
    project.revision("r2", f"{COLUMN}\nop.execute('SELECT pg_sleep(3600)')")

    def strike(connection, _cursor, statement, *_):
        if "pg_sleep" in statement:
            end_backend(db, backend_pid(connection))

    event.listen(Engine, "before_cursor_execute", strike)
    try:
        with pytest.raises(ConnectionLostError) as caught:
            project.upgrade()
    finally:
        event.remove(Engine, "before_cursor_execute", strike)

    known = 'The transaction of revision "r2" is rolled back.'
    said(caught.value, driver, 'run revision "r2"', known)
    assert project.current == ["r1"]


def test_command_line_prints_one_line(db, project, capsys):
    """Stock Alembic's, with the exit code of its other errors."""
    from alembic.config import main

    project.edit_env('config.attributes.get("configure_logger", True)', "False")
    db.execute(USERS)
    project.revision("r1", DIRECTIVE)
    with lost_at_the_commit_of(db, "r1"), pytest.raises(SystemExit) as ended:
        main(["-c", str(project.ini), "upgrade", "head"], prog="alembic")

    assert ended.value.code == -1
    printed = capsys.readouterr()
    assert printed.out.startswith("FAILED: lost the connection to the server: could")
    assert "Traceback" not in printed.out + printed.err


def test_project_that_does_not_use_the_package_gets_the_drivers_error(db, project):
    db.execute(USERS)
    project.revision("r1", COLUMN, op="alembic")
    with (
        lost_at_the_commit_of(db, "r1") as written,
        pytest.raises(DBAPIError) as caught,
    ):
        project.upgrade()

    assert None in written
    assert caught.value.__module__ == "sqlalchemy.exc"
