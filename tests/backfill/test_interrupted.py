"""Interrupted at any batch, a backfill goes on where it was, and sets no row twice.

``make test`` interrupts the first and the second change of each kind, the matrix each.
"""

from __future__ import annotations

import gc

import pytest

from alembic_zdt.errors import ZdtError
from tests.backfill.tables import IS_DONE, PADDING, ROWS, SERIES, SHAPES, call
from tests.support.db import quoted
from tests.support.interruption import (
    Killed,
    changes_to_interrupt,
    first_two_of_each_kind,
)

# A client that is killed closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

# Each in one way with one driver, by turns: both would take twice as long.
KILLED = [
    ("heap", "before", "psycopg"),
    ("heap", "after", "asyncpg"),
    ("composite-key", "before", "asyncpg"),
    ("composite-key", "after", "psycopg"),
]
TERMINATED = [
    ("heap", "psycopg"),
    ("composite-key", "asyncpg"),
    ("no-key", "psycopg"),
    ("partitioned", "asyncpg"),
]


@pytest.fixture(scope="module", autouse=True)
def only_new_garbage():
    """Else each dead client is looked for among all that was ever imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def begin_anew(db, shape):
    db.execute(f"DROP SCHEMA {db.schema} CASCADE")
    db.execute(f"CREATE SCHEMA {db.schema}")
    for statement in SHAPES[shape].setup:
        db.execute(statement)
    db.execute("ANALYZE users")


def assert_all_is_done(db, project):
    assert db.value(f"SELECT count(*) FROM users WHERE {IS_DONE}") == ROWS
    assert db.value("SELECT count(*) FROM users") == ROWS
    assert db.column("SELECT status FROM alembic_zdt_backfill") == ["finished"]
    assert db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice") == ROWS
    assert project.current == ["a1"]


def _is_killed(project):
    try:
        project.upgrade()
    except (Killed, Exception):  # noqa: BLE001  # whatever unwinding says
        return True
    return False


def _error_of(project):
    try:
        project.upgrade()
    except Exception as error:  # noqa: BLE001  # judged by the caller
        return error
    return None


@pytest.mark.parametrize(("shape", "moment", "driver"), KILLED)
def test_client_killed_at_any_change(db, project, driver, shape, moment):
    project.revision("a1", call(SHAPES[shape], ", batch_size=200"))
    interruptions = 0
    is_new = first_two_of_each_kind()
    for interruption in changes_to_interrupt(db, moment, kills=True, is_new=is_new):
        begin_anew(db, shape)
        with interruption as seen:
            interruptions += _is_killed(project)
        if seen.happened:
            gc.collect()
            project.upgrade()
        assert_all_is_done(db, project)
    assert interruptions >= ROWS / 200


@pytest.mark.parametrize(("shape", "driver"), TERMINATED)
def test_backend_terminated_after_any_change(db, project, driver, shape):
    project.revision("a1", call(SHAPES[shape], ", batch_size=200"))
    interruptions = 0
    is_new = first_two_of_each_kind()
    for interruption in changes_to_interrupt(db, "after", kills=False, is_new=is_new):
        begin_anew(db, shape)
        with interruption as seen:
            error = _error_of(project)
        interruptions += error is not None
        # Behind the row of the log comes Alembic's own statement, which fails then.
        if "zdt" in seen.statement and not seen.statement.startswith("SAVEPOINT"):
            assert isinstance(error, ZdtError), f"{seen.statement}: {error!r}"
        if seen.happened:
            project.upgrade()
        assert_all_is_done(db, project)
    assert interruptions >= ROWS / 200


TABLE, COLUMN, HITS = 'Users "of" %s; :x', "mail {low} %(y)s", "hits'\\"


def test_exotic_names_are_no_hindrance(db, project, driver):
    """A client that dies with the one driver, a backend with the other."""
    kills = driver == "psycopg"
    table, column, hits = quoted(TABLE), quoted(COLUMN), quoted(HITS)
    values = {COLUMN: "lower(email)", HITS: f"{hits} + 1"}
    where = f"{column} IS NULL"
    project.revision(
        "a1",
        f"op.backfill({TABLE!r}, {values!r}, where={where!r}, batch_size=200)",
    )
    interruptions = 0
    is_new = first_two_of_each_kind()
    for interruption in changes_to_interrupt(db, "after", kills=kills, is_new=is_new):
        db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
        db.execute(
            f"CREATE TABLE {table} (id int PRIMARY KEY, email text, {column} text,"
            f" {hits} int NOT NULL DEFAULT 0, pad text)"
        )
        db.execute(
            f"INSERT INTO {table} SELECT n, 'U' || n, NULL, 0, {PADDING} FROM {SERIES}"
        )
        db.execute(f"ANALYZE {table}")
        with interruption as seen:
            interruptions += _is_killed(project)
        if seen.happened:
            gc.collect()
            project.upgrade()
        done = f"{column} = lower(email) AND {hits} = 1"
        assert db.value(f"SELECT count(*) FROM {table} WHERE {done}") == ROWS
    assert interruptions >= ROWS / 200
