"""INVALID indexes of every origin are repaired, and only those."""

from __future__ import annotations

import psycopg
import pytest

from alembic_zdt.errors import DuplicateObjectError
from tests.support.door import door_held
from tests.support.interruption import end_backend

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, name text)"
FILL = "INSERT INTO users SELECT n, 'u' || n, 'n' || n FROM generate_series(1, 50) n"
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
INVALID = (
    "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
)
PARTITIONED = (
    "CREATE TABLE events (id int NOT NULL, body text) PARTITION BY RANGE (id)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (50)",
    "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (50) TO (200)",
    "INSERT INTO events SELECT n, 'b' || n FROM generate_series(1, 100) n",
)


@pytest.fixture
def users(db):
    """A table with rows."""
    db.execute(USERS)
    db.execute(FILL)


def _leave_behind(db, statement, table="users", *, terminate=False):
    """Run a statement until it waits in the door, and end it there."""
    with door_held(db, table), db.background(statement) as job:
        job.wait_until_blocked()
        if terminate:
            end_backend(db, job.pid)
        else:
            db.execute("SELECT pg_cancel_backend(%s)", job.pid)
        with pytest.raises(psycopg.Error):
            job.result()


def _leave_swapped(db, statement, table="users"):
    """Run a REINDEX until it waits for readers of the old index, and end it there."""
    reading = f"LOCK TABLE {table} IN ACCESS SHARE MODE"
    with db.holding(reading), db.background(statement) as job:
        waits = "phase = 'waiting for readers before marking dead'"
        db.wait_until(
            "EXISTS (SELECT FROM pg_stat_progress_create_index"
            f" WHERE pid = %s AND {waits})",
            job.pid,
        )
        db.execute("SELECT pg_cancel_backend(%s)", job.pid)
        with pytest.raises(psycopg.Error):
            job.result()


@pytest.mark.parametrize("terminate", [False, True], ids=["cancelled", "terminated"])
def test_unfinished_build_is_built_anew(db, project, driver, users, terminate):
    """The INVALID index of a build that was ended is dropped and built again."""
    project.revision("r1", INDEX)
    building = "CREATE INDEX CONCURRENTLY ix ON users (email)"
    _leave_behind(db, building, terminate=terminate)
    assert db.column(INVALID) == ["ix"]

    project.upgrade()

    assert db.index("ix").is_valid
    assert db.indexes("users") == ["ix", "users_pkey"]


def test_failed_unique_build_is_built_anew(db, project, driver, users):
    """The INVALID index of a build that met duplicates does not stand in the way."""
    project.revision(
        "r1", 'op.create_index_concurrently("ix", "users", ["email"], unique=True)'
    )
    db.execute("INSERT INTO users VALUES (51, 'u1')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON users (email)")
    assert db.column(INVALID) == ["ix"]
    db.execute("DELETE FROM users WHERE id = 51")

    project.upgrade()

    assert db.index("ix").is_valid
    assert db.index("ix").is_unique


def test_leftover_of_another_definition_is_replaced(db, project, driver, users):
    """An INVALID index is of no use to anybody, whatever it was meant to be."""
    project.revision("r1", INDEX)
    _leave_behind(db, "CREATE UNIQUE INDEX CONCURRENTLY ix ON users (name, id)")

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.index("ix").definition.endswith("users USING btree (email)")


def test_leftover_on_another_table_is_left_alone(db, project, users):
    """An INVALID index of the wanted name on another table is somebody else's."""
    project.revision("r1", INDEX)
    db.execute("CREATE TABLE orders (id int)")
    _leave_behind(db, "CREATE INDEX CONCURRENTLY ix ON orders (id)", "orders")

    with pytest.raises(DuplicateObjectError):
        project.upgrade()

    assert db.column(INVALID) == ["ix"]


@pytest.mark.parametrize(
    ("call", "left"),
    [
        ('op.drop_index_concurrently("ix", "users")', ["users_pkey"]),
        (INDEX, ["ix", "users_pkey"]),
    ],
    ids=["drop", "create"],
)
def test_interrupted_drop_is_finished_or_undone(db, project, driver, users, call, left):
    """A half-dropped index can be dropped to the end, and be built again."""
    project.revision("r1", call)
    db.execute("CREATE INDEX ix ON users (email)")
    _leave_behind(db, "DROP INDEX CONCURRENTLY ix")
    assert db.column(INVALID) == ["ix"]

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.indexes("users") == left


def test_leftovers_of_an_index_rebuilt_several_times_are_dropped(
    db, project, driver, users
):
    """Every _ccnew and _ccold of the index goes; another index's stay."""
    project.revision("r1", 'op.reindex_concurrently("ix")')
    db.execute("CREATE INDEX ix ON users (email)")
    db.execute("CREATE INDEX other ON users (name)")
    for _ in range(2):
        _leave_behind(db, "REINDEX INDEX CONCURRENTLY ix")
    for _ in range(2):
        _leave_swapped(db, "REINDEX INDEX CONCURRENTLY ix")
    _leave_behind(db, "REINDEX INDEX CONCURRENTLY other")
    db.execute("CREATE INDEX ix_ccnew9 ON users (name)")  # the user's, and valid
    left = ["ix_ccnew", "ix_ccnew1", "ix_ccold", "ix_ccold1", "other_ccnew"]
    assert db.column(INVALID) == left

    project.upgrade()

    assert db.column(INVALID) == ["other_ccnew"]
    assert db.index("ix").is_valid
    assert db.index("ix_ccnew9").is_valid


def test_leftovers_of_a_rebuilt_table_are_dropped(db, project, driver, users):
    """A table is rebuilt together with its TOAST table, and cleaned with it."""
    project.revision("r1", 'op.reindex_concurrently(table_name="users")')
    db.execute("CREATE INDEX ix ON users (email)")
    _leave_behind(db, "REINDEX TABLE CONCURRENTLY users")
    _leave_swapped(db, "REINDEX TABLE CONCURRENTLY users")
    found = db.column(INVALID)
    assert [name for name in found if not name.startswith("pg_toast.")] == [
        "ix_ccnew",
        "ix_ccold",
        "users_pkey_ccnew",
        "users_pkey_ccold",
    ]
    assert len(found) > 4

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.indexes("users") == ["ix", "users_pkey"]


def test_leftovers_of_a_rebuilt_partitioned_index_are_dropped(db, project, driver):
    """The leftover is named after the index of the partition, not of the parent."""
    for statement in PARTITIONED:
        db.execute(statement)
    db.execute("CREATE INDEX ix ON events (body)")
    project.revision("r1", 'op.reindex_concurrently("ix")')
    _leave_behind(db, "REINDEX INDEX CONCURRENTLY ix", "events_2")
    assert db.column(INVALID) == ["events_1_body_idx_ccnew"]

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.index("ix").is_valid


def test_leftover_on_one_partition_is_built_anew(db, project, driver):
    """One partition's INVALID index is repaired, then the parent's becomes valid."""
    for statement in PARTITIONED:
        db.execute(statement)
    project.revision("r1", 'op.create_index_concurrently("ix", "events", ["body"])')
    building = "CREATE INDEX CONCURRENTLY ix_events_2 ON events_2 (body)"
    _leave_behind(db, building, "events_2")

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.index("ix").is_valid
    assert db.indexes("events_2") == ["ix_events_2"]


def test_leftover_of_a_unique_constraint_is_built_anew(db, project, driver, users):
    """The constraint gets an index that is valid."""
    project.revision(
        "r1", 'op.create_unique_constraint_concurrently("uq", "users", ["email"])'
    )
    _leave_behind(db, "CREATE UNIQUE INDEX CONCURRENTLY uq ON users (email)")

    project.upgrade()

    assert db.column(INVALID) == []
    assert db.is_validated("uq")


def test_primary_key_goes_on_after_its_not_null_part(db, project, driver):
    """NOT NULL is there, the index is INVALID: only the index is built again."""
    db.execute("CREATE TABLE tags (tag text NOT NULL, n int NOT NULL)")
    db.execute("INSERT INTO tags VALUES ('a', 1), ('b', 2)")
    project.revision(
        "r1", 'op.create_primary_key_concurrently("tags_pkey", "tags", ["tag", "n"])'
    )
    building = "CREATE UNIQUE INDEX CONCURRENTLY tags_pkey ON tags (tag, n)"
    _leave_behind(db, building, "tags")

    project.upgrade()

    assert db.index("tags_pkey").is_valid
    assert db.index("tags_pkey").is_primary


def test_replaced_index_goes_on_after_an_interrupted_drop(db, project, driver, users):
    """The new index is there, the old one is half-dropped: dropped and renamed."""
    project.revision("r1", 'op.replace_index_concurrently("ix", "users", ["name"])')
    db.execute("CREATE INDEX ix ON users (email)")
    db.execute("CREATE INDEX zdt_new_ix ON users (name)")
    _leave_behind(db, "DROP INDEX CONCURRENTLY ix")

    project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]
    assert db.index("ix").definition.endswith("users USING btree (name)")
    assert db.column(INVALID) == []


def test_new_index_of_an_edited_revision_is_built_anew(db, project, driver, users):
    """What an earlier form of the call built under the temporary name is dropped."""
    db.execute("CREATE INDEX ix ON users (email)")
    db.execute("CREATE INDEX zdt_new_ix ON users (id, email)")
    project.revision("r1", 'op.replace_index_concurrently("ix", "users", ["name"])')

    project.upgrade()

    assert db.indexes("users") == ["ix", "users_pkey"]
    assert db.index("ix").definition.endswith("users USING btree (name)")
