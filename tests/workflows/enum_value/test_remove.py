"""A value is taken away from an enum, and the column keeps its name and its type's."""

from __future__ import annotations

import psycopg
import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    UndefinedObjectError,
    UsageError,
    WrongObjectTypeError,
    ZdtError,
)
from tests.runner.script.scripts import without_versions
from tests.support.interruption import interrupted

STATUS = "CREATE TYPE order_status AS ENUM ('new', 'paid', 'gone')"
ORDERS = (
    "CREATE TABLE orders (id int PRIMARY KEY, status order_status NOT NULL"
    " DEFAULT 'paid')"
)
FILLED = (
    "INSERT INTO orders SELECT n, (enum_range(NULL::order_status))[n % 3 + 1]"
    " FROM generate_series(1, 30) n"
)
INDEX = "CREATE INDEX ix ON orders (status, id DESC)"
TYPE = "existing_type=sa.Enum('new', 'paid', 'gone', name='order_status')"
CALL = f"op.remove_enum_value('orders', 'status', 'gone', {TYPE}"
REPLACED = f"{CALL}, replacement='paid')"
BACK = "op.add_enum_value('order_status', 'gone', after='paid')"
LABELS = "SELECT enum_range(NULL::order_status)::text"


@pytest.fixture
def orders(db):
    for statement in (STATUS, ORDERS, FILLED, INDEX):
        db.execute(statement)


def test_rows_get_the_replacement(db, project, orders, driver):
    wanted = {"new": 10, "paid": 20}
    before = db.catalog()
    project.revision("r1", REPLACED, BACK)
    project.upgrade()
    found = db.rows("SELECT status::text, count(*) FROM orders GROUP BY 1")
    assert dict(found) == wanted
    assert db.value(LABELS) == "{new,paid}"
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        db.execute("INSERT INTO orders VALUES (100, 'gone')")
    db.execute("INSERT INTO orders VALUES (101)")
    assert db.value("SELECT status::text FROM orders WHERE id = 101") == "paid"
    assert db.value("SELECT count(*) FROM pg_type WHERE typname LIKE 'zdt%%'") == 0
    assert db.value("SELECT count(*) FROM pg_proc WHERE proname LIKE 'zdt%%'") == 0
    project.downgrade()
    assert db.value(LABELS) == "{new,paid,gone}"
    assert db.catalog() == before


def test_without_a_replacement_no_row_may_have_it(db, project, orders):
    before = db.catalog()
    project.revision("r1", f"{CALL})")
    with pytest.raises(UsageError, match="still hold") as caught:
        project.upgrade()
    assert '"gone"' in str(caught.value)
    assert db.catalog() == before
    db.execute("DELETE FROM orders WHERE status = 'gone'")
    project.upgrade()
    assert db.value(LABELS) == "{new,paid}"


def test_done_already_is_skipped(db, project, orders):
    project.revision("r1", REPLACED, "pass")
    for _ in range(2):
        project.upgrade()
        after = db.catalog()
        project.downgrade()
    assert db.catalog() == after
    assert db.value(LABELS) == "{new,paid}"


def test_whoever_still_writes_it_gets_an_error_not_a_null(db, project):
    """Nothing is lost in silence between the first step and the last."""
    for statement in (STATUS, ORDERS.replace(" NOT NULL DEFAULT 'paid'", "")):
        db.execute(statement)
    project.revision("r1", f"{CALL})")
    with interrupted(db, 1, "after", kills=False, books=False) as it:
        with pytest.raises(ZdtError):
            project.upgrade()
    assert "TRIGGER" in it.statement
    assert db.refuses("INSERT INTO orders VALUES (1, 'gone')", "22P02")
    assert db.accepts("INSERT INTO orders VALUES (1, 'new')")
    project.upgrade()
    assert db.value(LABELS) == "{new,paid}"


def test_other_columns_of_the_type_are_named(db, project, orders):
    db.execute("CREATE TABLE other (statuses order_status[], one order_status)")
    db.execute("CREATE DOMAIN kept AS order_status")
    before = db.catalog()
    project.revision("r1", REPLACED)
    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()
    for words in ("column statuses of table other", "column one", "type kept"):
        assert words in str(caught.value)
    assert db.catalog() == before


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (CALL.replace("'gone'", "'nobody'", 1) + ")", UndefinedObjectError, "nobody"),
        (f"{CALL}, replacement='nobody')", UndefinedObjectError, "nobody"),
        (f"{CALL}, replacement='gone')", UsageError, "cannot be removed"),
        (
            CALL.replace("'new', 'paid', 'gone'", "'paid', 'new', 'gone'") + ")",
            UsageError,
            "other values",
        ),
        (CALL.replace("orders", "nobody") + ")", UndefinedObjectError, "nobody"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    db, project, orders, call, error, words
):
    before = db.catalog()
    project.revision("r1", call)
    with pytest.raises(error, match=words):
        project.upgrade()
    assert db.catalog() == before


RENAMED = (
    f"op.expand_rename_enum_value('orders', 'note', 'gone', 'left', {TYPE},"
    " new_column_name='left', new_enum_name='order_left')"
)


@pytest.mark.parametrize(
    "call", [CALL.replace("'status'", "'note'") + ")", RENAMED], ids=["remove", "name"]
)
@pytest.mark.parametrize("labels", ["'new', 'paid', 'gone'", "'new', 'paid'"])
def test_column_of_another_type_is_refused(db, project, call, labels):
    """Not skipped as done where the type has no such value either."""
    db.execute(f"CREATE TYPE order_status AS ENUM ({labels})")
    db.execute("CREATE TABLE orders (id int PRIMARY KEY, note text)")
    before = db.catalog()
    project.revision("r1", call)
    wanted = WrongObjectTypeError
    if "rename" in call and "gone" not in labels:
        wanted = UsageError  # the values are compared first
    with pytest.raises(wanted):
        project.upgrade()
    assert db.catalog() == before


def test_a_script_does_the_same(db, project):
    for statement in (STATUS, ORDERS.replace(" NOT NULL DEFAULT 'paid'", ""), FILLED):
        db.execute(statement)
    project.revision("r1", REPLACED, BACK)
    script = project.sql()
    for text in (script, without_versions(script)):
        project.psql(text).ok()
        assert db.value(LABELS) == "{new,paid}"
        assert db.value("SELECT count(*) FROM orders WHERE status = 'paid'") == 20
