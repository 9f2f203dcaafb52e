"""A contract is looked through before its first step, and says where it stopped."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateKeysError,
    ForeignKeyViolationError,
    NullValuesRemainError,
    UsageError,
    ZdtError,
)
from tests.support.workflows import renaming, retyping

EXPAND, MIGRATE, CONTRACT = renaming("users", "email", "mail").splitlines()
DROP = 'op.contract_drop_column("users", "fax")'
KIND = 'sa.Enum("big", "odd", name="kind")'

KNOWN = {
    "nulls": ('op.add_not_null_two_phase("users", "phone")', NullValuesRemainError),
    "duplicates": (
        'op.create_unique_constraint_concurrently("uq", "users", ["rank"])',
        DuplicateKeysError,
    ),
    "orphans": (
        'op.create_foreign_key_two_phase("fk", "users", "teams", ["rank"], ["id"])',
        ForeignKeyViolationError,
    ),
    "dependents": (DROP, DependentObjectsError),
    "dependents-of-a-table": (
        'op.contract_drop_table("teams")',
        DependentObjectsError,
    ),
    "enum-value": (
        f'op.remove_enum_value("users", "kind", "odd", existing_type={KIND})',
        UsageError,
    ),
}


@pytest.fixture
def ready(db, project):
    """A rename whose contract is next, in a table with rows of all kinds."""
    db.execute("CREATE TYPE kind AS ENUM ('big', 'odd')")
    db.execute("CREATE TABLE teams (id int PRIMARY KEY)")
    db.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text, phone text, rank int,"
        " fax text, kind kind)"
    )
    db.execute("INSERT INTO users VALUES (1, 'a', NULL, 7, 'f', 'odd')")
    db.execute("INSERT INTO users VALUES (2, 'b', NULL, 7)")
    db.execute("CREATE VIEW faxes AS SELECT fax FROM users")
    db.execute("CREATE VIEW all_teams AS SELECT id FROM teams")
    project.revision("r1", f"{EXPAND}\n{MIGRATE}")
    project.upgrade()
    return project


def columns(db):
    return db.column(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'users'::regclass"
        " AND attname IN ('email', 'mail', 'fax') ORDER BY 1"
    )


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("what", KNOWN)
def test_what_is_known_is_asked_before_the_first_step(db, ready, driver, what):
    call, error = KNOWN[what]
    ready.revision("r2", f"{CONTRACT}\n{call}")

    with pytest.raises(error) as caught:
        ready.upgrade()

    assert columns(db) == ["email", "fax", "mail"]
    assert 'revision: "r2": nothing is done yet; left: op.contract_' in str(
        caught.value
    )
    assert caught.value.revision == "r2"


FITTING = {
    "filled-before": (
        'op.backfill("users", {"phone": "\'1\'"}, where="phone IS NULL")\n'
        f'{CONTRACT}\nop.add_not_null_two_phase("users", "phone")'
    ),
    "filled-by-itself": (
        f'{CONTRACT}\nop.add_not_null_two_phase("users", "phone", backfill="\'1\'")'
    ),
    "dropped-before": f'op.execute("DROP VIEW faxes")\n{CONTRACT}\n{DROP}',
    "constraint-before": (
        'op.drop_constraint_safely("ck", "orders", type_="check")\n'
        'op.contract_drop_column("orders", "a")'
    ),
    "table-before": (
        'op.contract_drop_table("orders")\nop.contract_drop_table("sorts")'
    ),
    "column-before": (
        'op.contract_drop_column("orders", "sort")\nop.contract_drop_table("sorts")'
    ),
    "made-before": (
        f'{CONTRACT}\nop.expand_add_column("users", sa.Column("x", sa.Integer()))\n'
        'op.create_index_concurrently("ix", "users", ["x"])'
    ),
}


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("what", FITTING)
def test_what_an_earlier_call_mends_refuses_nothing(db, ready, driver, what):
    db.execute("CREATE TABLE sorts (id int PRIMARY KEY)")
    db.execute(
        "CREATE TABLE orders (id int, a int, sort int REFERENCES sorts,"
        " CONSTRAINT ck CHECK (a < id))"
    )
    ready.revision("r2", FITTING[what])

    ready.upgrade()

    assert ready.current == ["r2"]


HALF_WAY = f"""
noted = open({{path!r}}, "a")
noted.write("x")
noted.close()
{CONTRACT}
op.add_not_null_two_phase("users", "phone")
{DROP}"""


def test_code_that_does_more_runs_once_and_says_where_it_stopped(
    db, ready, driver, tmp_path
):
    """What it calls is not known beforehand: a look would write the file, too."""
    path = tmp_path / "noted"
    ready.revision("r2", HALF_WAY.format(path=str(path)))

    with pytest.raises(NullValuesRemainError) as caught:
        ready.upgrade()

    assert path.read_text() == "x"
    assert columns(db) == ["fax", "mail"]
    message = str(caught.value)
    done = "op.contract_rename_column('users', 'email', 'mail')"
    assert f'revision: "r2": done and committed: {done}' in message
    assert "othing was changed" not in message
    assert caught.value.done == [done]

    db.execute("UPDATE users SET phone = '1'")
    db.execute("DROP VIEW faxes")
    ready.upgrade()
    assert ready.current == ["r2"]


def test_the_calls_that_are_left_are_named(db, ready, driver):
    """The look finds nothing, and then a row comes in between."""
    db.execute("UPDATE users SET phone = '1'")
    db.execute("DROP VIEW faxes")
    insert = "INSERT INTO users VALUES (3)"
    ready.revision(
        "r2",
        f'{CONTRACT}\nop.execute("{insert}")\n'
        f'op.add_not_null_two_phase("users", "phone")\n{DROP}',
    )

    with pytest.raises(ZdtError) as caught:
        ready.upgrade()

    assert caught.value.left == [
        "op.add_not_null_two_phase('users', 'phone')",
        "op.contract_drop_column('users', 'fax')",
    ]
    assert "; left: op.add_not_null_two_phase(" in str(caught.value)


def test_a_downgrade_looks_ahead_too(db, ready, driver):
    """Something was made on the twin, and would be lost with it."""
    db.execute("CREATE INDEX ON users (mail)")
    ready.revision(
        "r2",
        "pass",
        'op.drop_not_null("users", "fax")\n'
        'op.contract_rename_column("users", "mail", "email")',
    )
    db.execute("ALTER TABLE users ALTER fax SET DEFAULT '1'")
    ready.upgrade()

    with pytest.raises(
        DependentObjectsError, match='revision: "r2": nothing is done yet'
    ):
        ready.downgrade("r1")


BOTH = {
    "rename-first": (
        *renaming("users", "rank", "place").splitlines(),
        *retyping("users", "place", "sa.BigInteger()").splitlines(),
    ),
    "type-first": (
        *retyping("users", "rank", "sa.BigInteger()").splitlines(),
        *renaming("users", "rank", "place").splitlines(),
    ),
}


@pytest.mark.parametrize(
    ("order", "done"),
    [
        ("rename-first", 1),
        ("rename-first", 2),
        ("rename-first", 4),
        ("type-first", 1),
        ("type-first", 2),
        ("type-first", 4),
        ("type-first", 5),
    ],
)
def test_two_changes_of_a_column_in_one_revision_go_on(db, project, order, done):
    """Whichever call has stopped the run before."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, rank int)")
    db.execute("INSERT INTO users VALUES (1, 1), (2, NULL)")
    project.settings(allow_same_run="true")
    calls = BOTH[order]
    project.revision("r1", "\n".join((*calls[:done], "raise RuntimeError")))
    with pytest.raises(RuntimeError):
        project.upgrade()

    project.revision("r1", "\n".join(calls))
    project.upgrade()

    assert db.rows("SELECT id, place FROM users ORDER BY id") == [(1, 1), (2, None)]
    kind = "SELECT pg_typeof(place)::text FROM users LIMIT 1"
    assert db.value(kind) == "bigint"
    assert db.columns("users") == ["id", "place"]
