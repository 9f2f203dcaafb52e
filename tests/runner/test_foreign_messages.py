"""The messages of a server whose ``lc_messages`` is another language than English."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.errors import StatementTimeoutError
from tests.support.interruption import replaced

TIMEOUT = "storniere Anfrage wegen Zeitüberschreitung der Anfrage"
CANCEL = "storniere Anfrage wegen Benutzeraufforderung"
WAYS = {TIMEOUT: "pg_sleep(60)", CANCEL: "pg_cancel_backend(pg_backend_pid())"}
CHECK = "op.create_check_constraint_two_phase('ck', 'users', 'id > 0')"
X = "zdt.statement_timeout=200ms"


def ended(message):
    """Return a statement that is ended so, and translates what the server reports."""
    return (
        f"DO $$ BEGIN PERFORM {WAYS[message]}; PERFORM pg_sleep(60);"
        " EXCEPTION WHEN query_canceled THEN RAISE EXCEPTION"
        f" USING ERRCODE = 'query_canceled', MESSAGE = '{message}'; END $$"
    )


@pytest.fixture
def limited(db):
    """The role of the migrations has a timeout of its own."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    role = db.value("SELECT quote_ident(current_user)")
    whose = f"ROLE {role} IN DATABASE {db.database}"
    db.execute(f"ALTER {whose} SET statement_timeout = '1s'")
    yield
    db.execute(f"ALTER {whose} RESET statement_timeout")


@pytest.mark.drivers_by_turns
@pytest.mark.usefixtures("limited")
def test_timeout_and_cancel_are_told_apart(db, project, driver, caplog):
    """In a step, in a question that the run can do without, and in a stock revision."""
    project.configure(transaction_per_migration=True)
    project.revision("r1", CHECK)
    project.revision("r2", "op.execute('SELECT 1 AS mine')")

    for message, said in (
        (TIMEOUT, r"ended by statement_timeout \(0.2 s\)"),
        (CANCEL, "cancelled by another session"),
    ):
        with (
            replaced("VALIDATE CONSTRAINT", ended(message)) as found,
            pytest.raises(StatementTimeoutError, match=said) as caught,
        ):
            project.upgrade(x=(X,))
        assert found
        assert f"The server reported: {message}." in str(caught.value)

    with (
        replaced(r"min\(applied_at\)", ended(CANCEL)) as found,
        pytest.raises(StatementTimeoutError, match="could not read the log: it was c"),
    ):
        project.upgrade()
    assert found
    with (
        caplog.at_level(logging.DEBUG, "alembic_zdt"),
        replaced(r"min\(applied_at\)", ended(TIMEOUT)) as found,
    ):
        project.upgrade("r1")
    assert found
    assert "could not read the log of revisions" in caplog.text

    with (
        replaced("AS mine", ended(CANCEL)),
        pytest.raises(StatementTimeoutError, match='could not run revision "r2": it'),
    ):
        project.upgrade()
    with replaced("AS mine", ended(TIMEOUT)), pytest.raises(DBAPIError) as raw:
        project.upgrade()
    assert raw.value.__module__ == "sqlalchemy.exc"
    project.upgrade()
    assert db.is_validated("ck")
