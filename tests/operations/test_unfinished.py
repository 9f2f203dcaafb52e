"""A downgrade undoes what an interrupted upgrade has left."""

from __future__ import annotations

import gc
import itertools
from dataclasses import replace

import pytest

from alembic_zdt.errors import DuplicateObjectError, ZdtError
from alembic_zdt.operations.indexes.replace_index import ReplaceIndexConcurrentlyOp
from tests.support.door import backend_in_the_door, door_held
from tests.support.interruption import Killed, end_backend, interrupted

# A client that is killed closes nothing.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

PARTITIONED = (
    "CREATE TABLE events (id int NOT NULL, body text) PARTITION BY RANGE (id)",
    (
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (9)"
        " PARTITION BY RANGE (id)"
    ),
    "CREATE TABLE events_1a PARTITION OF events_1 FOR VALUES FROM (0) TO (5)",
    "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (9) TO (99)",
)


def stop_behind(db, run, condition):
    """Run until the client dies behind the change after which *condition* is true."""
    for at in itertools.count(1):
        with interrupted(db, at, "before", kills=True, books=False) as it:
            try:
                run()
            except (Killed, Exception):  # noqa: BLE001  # whatever unwinding says
                gc.collect()
        assert it.happened
        if db.is_true(f"SELECT {condition}"):
            return


@pytest.mark.parametrize(
    ("condition", "own"),
    [
        ("to_regclass('ix_events_1a') IS NOT NULL", "ix_events_2"),
        (
            (
                "EXISTS (SELECT FROM pg_inherits"
                " WHERE inhparent = to_regclass('ix_events_1'))"
            ),
            "ix_own",
        ),
    ],
)
def test_a_downgrade_drops_the_indexes_of_partitions_that_were_not_attached(
    db, project, condition, own
):
    """But no index of the user's, not even one that has the name of one."""
    for statement in PARTITIONED:
        db.execute(statement)
    db.execute(f"CREATE INDEX {own} ON events_2 (body)")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "events", ["body"])',
        'op.drop_index_concurrently("ix", "events")',
    )
    before = db.catalog()
    stop_behind(db, project.upgrade, condition)

    project.downgrade()

    assert db.catalog() == before


def test_a_downgrade_keeps_the_index_that_refused_a_constraint(db, project):
    """It has the name of the constraint, and another definition."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    db.execute("CREATE UNIQUE INDEX it ON users (email)")
    project.revision(
        "r1",
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        'op.create_unique_constraint_concurrently("it", "users", ["id"])',
        'op.drop_constraint_safely("it", "users", if_exists=True)\n'
        'op.drop_index_concurrently("ix", "users")',
    )
    with pytest.raises(DuplicateObjectError):
        project.upgrade()

    project.downgrade()

    assert db.indexes("users") == ["it"]


@pytest.mark.parametrize(
    ("call", "statement"),
    [
        ('op.reindex_concurrently("ix")', "REINDEX INDEX"),
        (
            'op.replace_index_concurrently("ix", "users", ["email", "id"])',
            "CREATE INDEX",
        ),
    ],
)
def test_a_downgrade_drops_what_a_rebuild_has_left(db, project, call, statement):
    """The downgrade does not name the temporary index."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    db.execute("CREATE INDEX ix ON users (email)")
    project.revision("r1", call, "op.f('none')")
    with door_held(db, "users"):
        running = project.start("upgrade", "head")
        pid = backend_in_the_door(db, statement, running)
        running.kill()
        end_backend(db, pid)
    assert len(db.indexes("users")) == 2
    project.downgrade()

    assert db.indexes("users") == ["ix"]


@pytest.mark.parametrize("kind", ["unique_constraint", "primary_key"])
def test_a_downgrade_drops_the_index_of_a_constraint_that_was_not_made(
    db, project, kind
):
    """The upgrade was stopped between its two steps."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    project.revision(
        "r1",
        f'op.create_{kind}_concurrently("it", "users", ["id"])',
        'op.drop_constraint_safely("it", "users")',
    )
    before = db.catalog()
    stop_behind(db, project.upgrade, "to_regclass('it') IS NOT NULL")

    project.downgrade()

    assert db.catalog() == before


def test_a_downgrade_closes_the_window_of_a_value_that_was_not_removed(
    db, project, monkeypatch
):
    """The call opens and closes the window itself, and its downgrade only adds."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    db.execute("CREATE TYPE mood AS ENUM ('sad', 'fine', 'happy')")
    db.execute("CREATE TABLE people (id int PRIMARY KEY, mood mood)")
    db.execute("INSERT INTO people VALUES (1, 'fine')")
    project.revision(
        "r1",
        'op.remove_enum_value("people", "mood", "fine", replacement="happy",'
        ' existing_type=sa.Enum("sad", "fine", "happy", name="mood"))',
        'op.add_enum_value("mood", "fine", after="sad")',
    )
    before = db.catalog()
    stop_behind(db, project.upgrade, "to_regclass('alembic_zdt_backfill') IS NOT NULL")

    project.downgrade()

    assert db.catalog() == before
    assert db.value("SELECT mood FROM people") == "fine"


def test_a_turn_keeps_the_only_index(db, project, monkeypatch):
    """The old index is gone, the new one has no name yet, the downgrade is empty."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    db.execute("CREATE UNIQUE INDEX ix ON users (email)")
    project.revision(
        "r1",
        'op.replace_index_concurrently("ix", "users", ["email", "id"], unique=True)',
        'op.f("none")',
    )
    rename = ReplaceIndexConcurrentlyOp._rename

    def failing(operation, schema):
        return replace(rename(operation, schema), statements=("SELECT 1 / 0",))

    with monkeypatch.context() as patch:
        patch.setattr(ReplaceIndexConcurrentlyOp, "_rename", failing)
        with pytest.raises(ZdtError):
            project.upgrade()
    (only,) = db.indexes("users")
    assert only != "ix"

    project.downgrade()

    assert db.indexes("users") == [only]


def test_an_index_of_an_earlier_revision_stays(db, project):
    """The upgrade stopped before the call that would have made it a constraint."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    db.execute("INSERT INTO users VALUES (1, NULL)")
    project.revision(
        "r1",
        'op.create_index_concurrently("uq", "users", ["id"], unique=True)',
        'op.drop_index_concurrently("uq", "users")',
    )
    project.revision(
        "r2",
        'op.create_index_concurrently("ix", "users", ["email"])\n'
        'op.add_not_null_two_phase("users", "email")\n'
        'op.create_unique_constraint_concurrently("uq", "users", ["id"])',
        'op.drop_constraint_safely("uq", "users", if_exists=True)\n'
        'op.drop_not_null("users", "email")\n'
        'op.drop_index_concurrently("ix", "users", if_exists=True)',
    )
    with pytest.raises(ZdtError):
        project.upgrade()

    project.downgrade("r1")

    assert db.indexes("users") == ["uq"]
