"""The connection goes away while a run asks whether it may go on."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import Engine, event

from alembic_zdt.cli import command_line
from alembic_zdt.commands.upgrade import upgrade
from alembic_zdt.errors import ConnectionLostError
from tests.support.interruption import backend_pid, end_backend
from tests.support.workflows import PHASES, renaming

ASKING = {
    "look for old sessions": "pg_stat_clear_snapshot",
    "look for unfinished backfills": "FROM alembic_zdt_backfill WHERE status",
    "look for invalid indexes": "convalidated",
    "read the log": "min(applied_at)",
}


@contextlib.contextmanager
def lost_before(db, text):
    """End the backend before the first statement with a text."""
    ended = []

    def before(connection, _cursor, statement, *_):
        if text in statement and not ended:
            ended.append(backend_pid(connection))
            end_backend(db, ended[0])

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield ended
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("purpose", ASKING)
def test_it_is_one_error_and_the_next_run_goes_on(
    db, project, driver, monkeypatch, purpose
):
    """Each question is lost by one driver, and both lose one."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    project.settings(ignore_applications="zdt-test")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    calls = renaming("users", "email", "mail").split("\n")
    for phase, call in zip(PHASES, calls, strict=True):
        project.revision(phase, call)
    project.upgrade("migrate")

    with (
        lost_before(db, ASKING[purpose]) as ended,
        pytest.raises(ConnectionLostError, match=f"could not {purpose}"),
    ):
        upgrade(project.config(), "head")

    assert ended
    project.upgrade()
    assert db.columns("users") == ["id", "mail"]


def test_a_question_of_alembics_own_is_one_error_too(db, project, capsys):
    """Our command line reports it, wherever it is asked."""
    project.edit_env('config.attributes.get("configure_logger", True)', "False")
    project.revision("r1", 'op.execute("CREATE TABLE users (id int)")')

    with lost_before(db, "alembic_version") as ended, pytest.raises(SystemExit):
        command_line().main(argv=["-c", str(project.ini), "upgrade"])

    assert ended
    said = capsys.readouterr()
    assert "lost the connection to the server: could not finish the" in said.out
    assert "Traceback" not in said.out + said.err
