"""NOT NULL that fills the column itself."""

from __future__ import annotations

import gc

import pytest

from alembic_zdt.errors import NullValuesRemainError, UsageError
from tests.runner.script.scripts import FLAVORS, replay_through_driver, without_versions
from tests.support.interruption import (
    Killed,
    changes_to_interrupt,
    one_of_each_kind,
)
from tests.support.names import every_name

HEAP = ("CREATE TABLE users (id int PRIMARY KEY, email text, mail text)",)
PARTITIONED = (
    "CREATE TABLE users (id int, email text, mail text) PARTITION BY RANGE (id)",
    "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE users_2 PARTITION OF users DEFAULT",
)
FILLED = "INSERT INTO users SELECT n, 'U' || n FROM generate_series(1, 300) n"
CALL = 'op.add_not_null_two_phase("users", "mail", backfill={})'
LOWER = '"lower(email)"'


def is_not_null(db):
    """No row holds NULL, and none can."""
    right = "SELECT count(*) FROM users WHERE mail = lower(email)"
    return (
        db.value(right) == db.value("SELECT count(*) FROM users")
        and db.refuses("INSERT INTO users (id) VALUES (1000)", "23502")
        and db.value("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == 0
    )


def set_up(db, shape):
    for statement in (*shape, FILLED):
        db.execute(statement)


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("shape", [HEAP, PARTITIONED], ids=["heap", "partitioned"])
@pytest.mark.parametrize("value", [LOWER, 'sa.func.lower(sa.column("email"))'])
def test_the_column_is_filled_first(db, project, driver, shape, value):
    """Each driver runs half of them."""

    set_up(db, shape)
    db.execute("UPDATE users SET mail = lower(email) WHERE id = 7")
    project.revision(
        "a1",
        CALL.format(value),
        'op.drop_not_null("users", "mail")',
    )

    project.upgrade()

    assert is_not_null(db)
    done = db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice")
    assert done == 299
    project.downgrade()
    project.upgrade()
    assert is_not_null(db)
    assert db.value("SELECT sum(rows_done) FROM alembic_zdt_backfill_slice") == done


@every_name
def test_any_name_will_do(db, project, names):
    db.execute(f"CREATE TABLE {names.t} ({names.c} text, {names.n} text)")
    db.execute(f"INSERT INTO {names.t} SELECT 'A' || n FROM generate_series(1, 50) n")
    project.revision(
        "a1",
        f"op.add_not_null_two_phase({names.table!r}, {names.new_column!r},"
        f" backfill={f'lower({names.c})'!r}, schema={names.schema!r})",
    )

    project.upgrade()

    assert db.is_true(f"SELECT bool_and({names.n} = lower({names.c})) FROM {names.t}")
    assert db.refuses(f"INSERT INTO {names.t} DEFAULT VALUES", "23502")


def test_an_expression_that_gives_null_is_told(db, project, driver):
    set_up(db, HEAP)
    db.execute("UPDATE users SET email = NULL WHERE id = 7")
    project.revision("a1", CALL.format(LOWER))

    with pytest.raises(NullValuesRemainError) as caught:
        project.upgrade()

    assert caught.value.count == 1
    assert caught.value.hint == (
        "The expression (lower(email)) gave NULL for these rows, or they were written "
        "just now. Correct the expression, and make sure that new rows have a value, "
        "then run the same command again."
    )
    assert db.accepts("UPDATE users SET id = 500 WHERE id = 7")
    db.execute("UPDATE users SET email = 'U7' WHERE id = 7")
    project.upgrade()
    assert is_not_null(db)


def test_a_wrong_expression_is_refused_before_anything_is_changed(db, project):
    set_up(db, HEAP)
    project.revision("a1", CALL.format('"lower(nobody)"'))
    before = db.catalog()

    with pytest.raises(UsageError, match='column "nobody" does not exist'):
        project.upgrade()

    assert db.catalog() == before


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kills", [True, False], ids=["client", "backend"])
def test_interrupted_at_any_change_it_is_finished_by_the_next_run(db, project, kills):
    """One change of each kind, by the one or by the other; in the matrix each."""
    project.revision("a1", CALL.format(LOWER))
    interruptions = 0
    for interruption in changes_to_interrupt(
        db, "after", kills=kills, is_new=one_of_each_kind(int(kills))
    ):
        db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
        set_up(db, HEAP)
        db.execute("DELETE FROM users WHERE id > 40")
        with interruption as seen:
            try:
                project.upgrade()
            except (Killed, Exception):  # noqa: BLE001  # whatever unwinding says
                interruptions += 1
        if seen.happened:
            gc.collect()
            project.upgrade()
        assert is_not_null(db)
    assert interruptions > 5


@pytest.mark.parametrize("flavor", FLAVORS)
def test_a_script_does_the_same(db, project, flavor):
    set_up(db, HEAP)
    project.revision("a1", CALL.format(LOWER))
    script = project.sql(flavor=flavor)

    for text in (script, without_versions(script)):
        if flavor == "psql":
            project.psql(text).ok()
        else:
            replay_through_driver(project, text)

    assert is_not_null(db)
