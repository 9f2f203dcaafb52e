"""A name that another role has taken in a transaction that it does not end."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict

import pytest
from sqlalchemy import Engine, event

from alembic_zdt.errors import LockNotAvailableError
from alembic_zdt.names import QualifiedName
from alembic_zdt.twin.window import Window

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"
INDEX = "op.create_index_concurrently('ix', 'users', ['email'])"
LOG = "alembic_zdt_revision"
SHORT = ("zdt.lock_deadline=500ms",)


@contextlib.contextmanager
def _held(session, statement):
    """Execute a statement in a transaction that lasts as long as the block."""
    session.execute("BEGIN")
    session.execute(statement)
    try:
        yield
    finally:
        session.execute("ROLLBACK")


def _waits_no_longer(project, session):
    """Say whether the upgrade ends, names the session, and works afterwards."""
    with pytest.raises(LockNotAvailableError) as refused:
        project.upgrade(x=SHORT)

    assert f"Held by pid {session.pid}" in refused.value.detail
    assert refused.value.pids == [session.pid]
    return refused.value


def test_log_whose_name_a_stranger_has_taken(db, project, stranger):
    """The first revision that would be logged fails before anything is done."""
    db.execute(USERS)
    project.revision("r1", INDEX)

    with _held(stranger, f"CREATE TABLE {LOG} (a int)"):
        error = _waits_no_longer(project, stranger)

    assert f'"{LOG}"' in str(error)
    assert db.indexes("users") == ["users_pkey"]
    project.upgrade()
    assert db.column(f"SELECT revision FROM {LOG}") == ["r1"]


def test_application_is_not_stalled_for_the_log(db, project, stranger):
    """While the run holds a strong lock, the wait has the bound of one attempt."""
    db.execute(USERS)
    project.revision("r0", "op.execute('LOCK TABLE users')")
    project.revision("r1", variables={"zdt_phase": "expand"})

    with (
        _held(stranger, f"CREATE TABLE {LOG} (a int)"),
        pytest.raises(LockNotAvailableError, match=r"Waited 0\.2 s\."),
    ):
        project.upgrade(x=("zdt.guard=off",))


def test_reader_of_a_log_that_lacks_a_column(db, project, stranger):
    """For example a backup, which lasts for hours."""
    db.execute(USERS)
    project.revision("r1", INDEX)
    project.upgrade()
    db.execute(f"ALTER TABLE {LOG} DROP COLUMN down_revisions")
    db.execute(f"GRANT SELECT ON {LOG} TO {stranger.name}")
    project.revision("r2", "op.drop_index_concurrently('ix', 'users')")

    with _held(stranger, f"SELECT FROM {LOG}"):
        _waits_no_longer(project, stranger)

    project.upgrade()
    assert db.column(f"SELECT revision FROM {LOG} ORDER BY 1") == ["r1", "r2"]


@pytest.mark.parametrize("way", ["open", "prepared"])
def test_index_whose_name_a_stranger_has_taken(db, project, driver, stranger, way):
    """A build has no lock_timeout, and ends all the same."""
    db.execute(USERS)
    project.revision("r1", INDEX)
    gid = f"taken by {stranger.name}"

    with _held(stranger, "CREATE TABLE ix (a int)"):
        if way == "prepared":
            stranger.execute(f"PREPARE TRANSACTION '{gid}'")
        with pytest.raises(LockNotAvailableError, match="has not begun") as refused:
            project.upgrade(x=SHORT)
        if way == "prepared":
            stranger.execute(f"ROLLBACK PREPARED '{gid}'")

    holders = {
        "open": f"pid {stranger.pid}",
        "prepared": f'prepared transaction "{gid}"',
    }
    assert f"Held by {holders[way]}" in refused.value.detail
    assert db.indexes("users") == ["users_pkey"]
    project.upgrade()
    assert db.index("ix").is_valid


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("way", ["open", "prepared"])
def test_function_whose_name_a_stranger_has_taken(db, project, driver, stranger, way):
    """No lock on a relation shows the session that the expand waits for."""
    db.execute(USERS)
    project.revision("r1", "op.expand_rename_column('users', 'email', 'mail')")
    name = Window(QualifiedName("users"), "email", "mail", db.schema).function.sql
    gid = f"function of {stranger.name}"

    with _held(
        stranger,
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
    ):
        if way == "prepared":
            stranger.execute(f"PREPARE TRANSACTION '{gid}'")
        with pytest.raises(LockNotAvailableError) as refused:
            project.upgrade(x=SHORT)
        if way == "prepared":
            stranger.execute(f"ROLLBACK PREPARED '{gid}'")

    holders = {
        "open": f"pid {stranger.pid}",
        "prepared": f'prepared transaction "{gid}"',
    }
    assert "Another transaction has taken the name of an object" in refused.value.detail
    assert f"Held by {holders[way]}" in refused.value.detail
    assert refused.value.pids == [stranger.pid if way == "open" else None]
    project.upgrade()
    assert db.columns("users") == ["id", "email", "mail"]


def test_cancel_of_a_build_that_is_seen_before_its_answer(
    db, project, stranger, monkeypatch
):
    """The build's error comes before the watcher hears that it has cancelled."""
    db.execute(USERS)
    project.revision("r1", INDEX)
    is_awaited, join = defaultdict(threading.Event), threading.Thread.join
    waits = []

    def joined(thread, timeout=None):
        is_awaited[thread].set()
        join(thread, timeout)

    def answered(_connection, _cursor, statement, *_):
        if "pg_cancel_backend" in statement:
            waits.append(is_awaited[threading.current_thread()].wait(4))

    monkeypatch.setattr(threading.Thread, "join", joined)
    event.listen(Engine, "after_cursor_execute", answered)
    try:
        with (
            _held(stranger, "CREATE TABLE ix (a int)"),
            pytest.raises(LockNotAvailableError, match="has not begun"),
        ):
            project.upgrade(x=SHORT)
    finally:
        event.remove(Engine, "after_cursor_execute", answered)
    assert waits == [True]
