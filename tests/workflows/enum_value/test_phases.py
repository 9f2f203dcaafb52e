"""A value of an enum has two names for a while, each in a column of its own."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from alembic_zdt.errors import UndefinedObjectError, UsageError
from tests.support.roles import role
from tests.support.workflows import renaming_value

STATUS = "CREATE TYPE order_status AS ENUM ('new', 'pa''id', 'gone')"
ORDERS = (
    "CREATE TABLE orders (id int PRIMARY KEY, status order_status NOT NULL"
    " DEFAULT 'pa''id', pad text)"
)
FILLED = (
    "INSERT INTO orders SELECT n, (enum_range(NULL::order_status))[n % 3 + 1]"
    " FROM generate_series(1, 30) n"
)
OLD = "sa.Enum('new', \"pa'id\", 'gone', name='order_status')"
NEW = "sa.Enum('new', 'settled', 'gone', name='order_state')"
FORTH = f"existing_type={OLD}, new_column_name='state', new_enum_name='order_state'"
BACK = f"existing_type={NEW}, new_column_name='status', new_enum_name='order_status'"
UP = renaming_value("orders", "status", "pa'id", "settled", FORTH).splitlines()
DOWN = renaming_value("orders", "state", "settled", "pa'id", BACK).splitlines()
STATEMENTS = (
    "INSERT INTO orders (id, {c}) VALUES ({n}, '{v}')",
    "UPDATE orders SET {c} = 'gone' WHERE id = {n}",
    "UPDATE orders SET {c} = '{v}' WHERE id = {n}",
    "UPDATE orders SET pad = 'x' WHERE id = {n}",
    (
        "INSERT INTO orders (id, {c}) VALUES ({n}, 'new')"
        " ON CONFLICT (id) DO UPDATE SET {c} = '{v}'"
    ),
    "SELECT 1 / count(*) FROM orders WHERE id = {n} AND {c} = '{v}'",
    "INSERT INTO orders (id) VALUES (1{n})",
    "SELECT 1 / count(*) FROM orders WHERE id = 1{n} AND {c} = '{v}'",
)


@pytest.fixture
def phases(db, project):
    for statement in (STATUS, ORDERS, FILLED):
        db.execute(statement)
    for number, up in enumerate(UP, start=1):
        downs = (DOWN[2], "pass", "\n".join(DOWN[:2]))
        project.revision(f"r{number}", up, downs[number - 1])
    return project


@pytest.fixture
def works(db):
    """Run the statement list of the code for a name."""
    numbers = iter(range(100, 1000))

    def run(column):
        number = next(numbers)
        value = "settled" if column == "state" else "pa''id"
        for statement in STATEMENTS:
            db.execute(statement.format(c=column, n=number, v=value))

    return run


IN_STEP = (
    "SELECT count(*) FROM orders WHERE state::text"
    " <> replace(status::text, 'pa''id', 'settled')"
)


def test_both_work_all_the_way_up_and_down(db, phases, works, driver):
    before = db.catalog()
    works("status")
    phases.upgrade("r1")
    works("status")
    works("state")
    phases.upgrade("r2")
    works("status")
    works("state")
    assert db.value(IN_STEP) == 0
    phases.upgrade("r3")
    works("state")
    assert db.value("SELECT to_regtype('order_status') IS NULL")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        works("status")
    phases.downgrade("r2")
    works("status")
    works("state")
    assert db.value(IN_STEP) == 0
    phases.downgrade("base")
    works("status")
    assert db.value("SELECT to_regtype('order_state') IS NULL")
    assert [line for line in db.catalog() if "pad" not in line] == [
        line for line in before if "pad" not in line
    ]


@pytest.mark.parametrize("until", ["r1", "r2"])
def test_the_window_can_be_ended_towards_the_old_name(db, phases, works, until):
    """Nothing is left of it, and what new code wrote is there."""
    before = db.catalog()
    phases.upgrade(until)
    works("state")
    phases.downgrade("base")
    assert db.catalog() == before
    assert db.value("SELECT count(*) FROM orders WHERE status = 'pa''id'") == 12


def test_a_type_that_another_column_has_stays(db, phases):
    db.execute("CREATE TABLE other (statuses order_status[])")
    phases.upgrade("r3")
    assert db.value("SELECT to_regtype('order_status') IS NOT NULL")
    db.execute("INSERT INTO other VALUES ('{new}')")


def test_the_new_type_has_owner_comment_and_rights_of_the_old_one(db, phases):
    with contextlib.ExitStack() as stack:
        owner, user = (stack.enter_context(role(db, n)) for n in ("owner", "user"))
        db.execute("COMMENT ON TYPE order_status IS 'it''s 100%'")
        db.execute("REVOKE USAGE ON TYPE order_status FROM PUBLIC")
        db.execute(f"GRANT USAGE ON TYPE order_status TO {user} WITH GRANT OPTION")
        db.execute(f"ALTER TYPE order_status OWNER TO {owner}")
        phases.upgrade("r1")

        found = "SELECT pg_get_userbyid(typowner), obj_description(oid, 'pg_type')"
        row = db.row(f"{found} FROM pg_type WHERE oid = 'order_state'::regtype")
        assert row == (owner, "it's 100%")
        may = "SELECT has_type_privilege(%s, 'order_state', %s)"
        assert db.value(may, user, "USAGE WITH GRANT OPTION")
        assert not db.value(may, "pg_monitor", "USAGE")
        phases.downgrade("base")


def test_a_script_does_the_same(db, project):
    for statement in (STATUS, ORDERS.replace("NOT NULL DEFAULT 'pa''id'", ""), FILLED):
        db.execute(statement)
    before, rows = db.catalog(), db.checksums()
    project.revision("r1", "\n".join(UP), "\n".join(DOWN))
    project.psql(project.sql()).ok()
    assert db.value("SELECT count(*) FROM orders WHERE state = 'settled'") == 10
    assert db.value("SELECT to_regtype('order_status') IS NULL")
    project.psql(project.sql("head:base", down=True)).ok()
    assert sorted(db.column("SELECT status::text FROM orders")).count("pa'id") == 10
    assert len(db.catalog()) == len(before)
    assert db.checksums().keys() == rows.keys()


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        (("nobody", "x"), {}, UndefinedObjectError, 'no value "nobody"'),
        (("new", "gone"), {}, UsageError, 'has "gone" already'),
        (("new", "x"), {"new_column_name": "status"}, UsageError, "need other names"),
        (("new", "x"), {"new_enum_name": "order_status"}, UsageError, "need other"),
        (("new", "x"), {"existing_type": "sa.Text()"}, UsageError, "not an enum"),
        (
            ("new", "x"),
            {"existing_type": "sa.Enum('gone', 'new', name='order_status')"},
            UsageError,
            "has other values",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    db, project, old, new, error, words
):
    for statement in (STATUS, ORDERS):
        db.execute(statement)
    before = db.catalog()
    named = {
        "existing_type": OLD,
        "new_column_name": "state",
        "new_enum_name": "order_state",
    }
    quoted = {
        k: v if k == "existing_type" else repr(v) for k, v in (named | new).items()
    }
    options = ", ".join(f"{k}={v}" for k, v in quoted.items())
    project.revision("r1", renaming_value("orders", "status", *old, options))
    with pytest.raises(error, match=words):
        project.upgrade()
    assert db.catalog() == before
