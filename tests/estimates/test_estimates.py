"""What ``plan`` says of the time of a step, before and after it was run here."""

from __future__ import annotations

import pytest

from tests.commands.planning import planned, steps_of, text_of

ROWS = 150_000
INSERT = (
    "INSERT INTO readings SELECT n, n % 100, repeat('x', 50)"
    f" FROM generate_series(1, {ROWS}) n"
)
OF_PLACE = (
    "ALTER TABLE readings ADD CONSTRAINT of_place FOREIGN KEY (place)"
    " REFERENCES place NOT VALID"
)
TABLE = (
    "CREATE TABLE readings (id int PRIMARY KEY, place int NOT NULL, name text)",
    "ALTER TABLE readings ADD CONSTRAINT has_name CHECK (name <> '') NOT VALID",
    "CREATE TABLE place (id int PRIMARY KEY)",
    "INSERT INTO place SELECT generate_series(0, 99)",
    INSERT,
    OF_PLACE,
    "ALTER TABLE readings ADD COLUMN double int",
    "ANALYZE readings, place",
)
CALLS = {
    "index build": 'op.create_index_concurrently("ix", "readings", ["place", "id"])',
    "validation": 'op.validate_constraint("has_name", "readings")',
    "foreign key validation": 'op.validate_constraint("of_place", "readings")',
    "backfill": 'op.backfill("readings", {"double": "2 * place"})',
}
MEASURED = "SELECT kind, table_rows, seconds > 0 FROM alembic_zdt_step ORDER BY kind"


def estimates(project):
    """The estimates of the plan, in its order."""
    return [step["estimate"] for step in steps_of(planned(project)) if step["estimate"]]


@pytest.fixture
def large(db, project):
    """A project of which each revision has one kind of work."""
    for statement in TABLE:
        db.execute(statement)
    for number, call in enumerate(CALLS.values(), 1):
        project.revision(f"r{number}", call, "pass")
    return project


def test_each_kind_of_work_is_estimated_and_then_measured(db, large):
    before = estimates(large)

    assert [each["source"] for each in before] == ["default"] * 4
    for each in before:
        assert each["table_rows"] == pytest.approx(ROWS, rel=0.05)
        assert each["table_bytes"] == db.value("SELECT pg_relation_size('readings')")
        low, likely, high = (
            each["seconds"][name] for name in ("low", "likely", "high")
        )
        assert 0 < low < likely < high
    assert not db.exists("alembic_zdt_step")

    large.upgrade("head")

    rows = db.rows(MEASURED)
    assert [kind for kind, *_ in rows] == sorted(CALLS)
    assert all(0.9 * ROWS < count < 1.1 * ROWS and ran for _, count, ran in rows)


def test_a_step_that_was_run_here_makes_the_next_estimate(db, large):
    large.upgrade("r1")
    large.revision("r9", CALLS["index build"].replace('"ix"', '"iy"'), "pass")
    took = db.value("SELECT seconds FROM alembic_zdt_step")
    size = db.value("SELECT pg_relation_size('ix')")

    found = estimates(large)[-1]

    assert found["source"] == "history"
    assert found["measured"] == 1
    assert found["seconds"]["low"] < took < found["seconds"]["high"]
    assert found["seconds"]["likely"] == pytest.approx(took, rel=0.01)
    assert found["disk_bytes"] == pytest.approx(size, rel=0.4)
    assert any("from 1 step of this kind" in line for line in text_of(large))


def test_a_locked_table_is_not_waited_for(db, large):
    """The plan comes without the estimates of that table."""
    with db.holding("LOCK TABLE readings IN ACCESS EXCLUSIVE MODE"):
        assert estimates(large) == []


def test_an_expression_that_fails_or_is_slow_has_a_rough_estimate(db, project):
    db.execute(
        "CREATE TABLE readings (id int, n int); INSERT INTO readings VALUES (1, 0);"
        "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(60); RETURN 1; END'; ANALYZE readings"
    )
    for number, expression in enumerate(("1 / n", "slow(n)"), 1):
        project.revision(
            f"r{number}",
            f'op.create_index_concurrently("i{number}", "readings",'
            f' [sa.text("({expression})")])',
        )

    assert [each["table_rows"] for each in estimates(project)] == [1, 1]
