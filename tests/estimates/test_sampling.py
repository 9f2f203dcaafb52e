"""What an estimate reads and runs, and that it hinders no step."""

from __future__ import annotations

import pytest

from alembic_zdt.estimates import work_size
from alembic_zdt.runner import measuring
from tests.commands.planning import planned, steps_of

LARGE_VALUES = (
    "CREATE TABLE docs (id int PRIMARY KEY, done int, body text)",
    "ALTER TABLE docs ALTER body SET STORAGE EXTERNAL",
    "INSERT INTO docs SELECT n, NULL, repeat('x', 900000) FROM generate_series(1, 9) n",
    "ANALYZE docs",
)
ITEMS = (
    "CREATE TABLE items (id int PRIMARY KEY);"
    "INSERT INTO items SELECT generate_series(1, 5); CREATE TABLE written (id int)"
)
WRITING = (
    "CREATE FUNCTION noted(int) RETURNS int LANGUAGE sql AS"
    " $$ INSERT INTO written VALUES ($1) RETURNING 1 $$"
)
INDEX = 'op.create_index_concurrently("ix", "items", [{}])'


def test_values_that_are_stored_elsewhere_do_not_count(db, project):
    """An update copies the pointers to TOASTed values, not the values."""
    for statement in LARGE_VALUES:
        db.execute(statement)
    project.revision("r1", 'op.backfill("docs", {"done": "1"})', "pass")

    (found,) = [s["estimate"] for s in steps_of(planned(project)) if s["estimate"]]

    assert found["wal_bytes"] < 100_000


def test_plan_runs_no_volatile_function_of_an_index(db, project):
    """Its author forgot IMMUTABLE, so PostgreSQL would refuse the index."""
    db.execute(ITEMS)
    db.execute(WRITING)
    project.revision("r1", INDEX.format('sa.text("noted(id)")'), "pass")

    planned(project)

    assert db.value("SELECT count(*) FROM written") == 0


@pytest.mark.parametrize("query", ["_TABLE", "LEAST"])
def test_an_estimate_that_fails_stops_no_step(db, project, monkeypatch, query):
    """Whatever the size is asked for, the index is built."""
    db.execute(ITEMS)
    monkeypatch.setattr(measuring, "LEAST_BYTES", 0)
    if query == "_TABLE":
        monkeypatch.setattr(work_size, query, "{tree} SELECT 1/0 FROM tree")
    project.revision("r1", INDEX.format('"id"'), "pass")

    project.upgrade()

    assert "ix" in db.indexes("items")
    assert db.exists("alembic_zdt_step") is (query == "LEAST")


def test_a_history_that_is_locked_delays_no_step(db, project, monkeypatch):
    """The step is not stored, and its run goes on."""
    monkeypatch.setattr(measuring, "LEAST_BYTES", 0)
    db.execute(ITEMS)
    project.revision("r1", INDEX.format('"id"'), "pass")
    project.revision("r2", INDEX.format('"id"').replace("ix", "iy"), "pass")
    project.upgrade("r1")
    lock = "LOCK TABLE alembic_zdt_step IN ACCESS EXCLUSIVE MODE"

    with db.holding(lock):
        project.upgrade()

    assert "iy" in db.indexes("items")
    assert db.value("SELECT count(*) FROM alembic_zdt_step") == 1


def test_a_history_without_a_name_is_not_kept(db, project, monkeypatch):
    monkeypatch.setattr(measuring, "LEAST_BYTES", 0)
    db.execute(ITEMS)
    project.settings(step_table="")
    project.revision("r1", INDEX.format('"id"'), "pass")

    project.upgrade()

    assert not db.exists("alembic_zdt_step")
