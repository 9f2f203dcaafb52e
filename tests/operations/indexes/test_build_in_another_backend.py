"""Somebody else is building the index already: wait for it, do not destroy it."""

from __future__ import annotations

import psycopg
import pytest

from alembic_zdt.errors import DuplicateObjectError
from tests.support.background import upgrading
from tests.support.door import door_held, wait_for_query

CALL = 'op.create_index_concurrently("ix", "users", ["email"])'
LOOKING = "l.locktype OPERATOR(pg_catalog.=) 'relation'"


@pytest.fixture
def users(db):
    """A table with rows."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")
    db.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 50) n")


def _oid(db):
    return db.value("SELECT to_regclass('ix')::oid::int8")


def test_build_of_the_same_index_is_used(db, project, driver, users):
    """The index that the other one built is the one that is there at the end."""
    project.revision("r1", CALL)
    with upgrading(project) as upgrade:
        building = "CREATE INDEX CONCURRENTLY ix ON users (email)"
        with door_held(db, "users"), db.background(building) as job:
            job.wait_until_blocked()
            begun = _oid(db)
            upgrade.begin()
            wait_for_query(db, LOOKING, upgrade)
            builders = db.column(
                "SELECT pid FROM pg_stat_progress_create_index"
                " WHERE datname = current_database()"
            )
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            job.result()

    assert upgrade.error is None
    assert builders == [job.pid]
    assert _oid(db) == begun
    assert db.index("ix").is_valid


def test_build_that_fails_is_done_again(db, project, driver, users):
    """The other one is cancelled: its INVALID index is dropped and built anew."""
    project.revision("r1", CALL)
    with upgrading(project) as upgrade:
        building = "CREATE INDEX CONCURRENTLY ix ON users (email)"
        with door_held(db, "users"), db.background(building) as job:
            job.wait_until_blocked()
            begun = _oid(db)
            upgrade.begin()
            wait_for_query(db, LOOKING, upgrade)
            db.execute("SELECT pg_cancel_backend(%s)", job.pid)
            with pytest.raises(psycopg.errors.QueryCanceled):
                job.result()

    assert upgrade.error is None
    assert _oid(db) != begun
    assert db.index("ix").is_valid


def test_build_of_another_index_is_refused_when_it_is_there(db, project, driver, users):
    """It is waited for, found to be another one, and left as it is."""
    project.revision("r1", CALL)
    with upgrading(project) as upgrade:
        building = "CREATE INDEX CONCURRENTLY ix ON users (name)"
        with door_held(db, "users"), db.background(building) as job:
            job.wait_until_blocked()
            begun = _oid(db)
            upgrade.begin()
            wait_for_query(db, LOOKING, upgrade)
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            job.result()

    assert isinstance(upgrade.error, DuplicateObjectError)
    assert _oid(db) == begun
    assert db.index("ix").is_valid
