"""What a BEFORE trigger of the user's does counts for old and for new code."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine

from alembic_zdt.catalog.windows.window_faults import window_faults
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import DependentObjectsError

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, pad text)"
EXPAND = 'op.expand_rename_column("users", "email", "mail"{more})'
MIGRATE = EXPAND.replace("expand", "migrate")
BOTH = "SELECT email, mail FROM users WHERE id = 1"
FUNCTION = (
    "CREATE OR REPLACE FUNCTION normalise() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN {} RETURN NEW; END $$"
)
TRIGGER = (
    "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON users FOR EACH ROW"
    " EXECUTE FUNCTION normalise()"
)
# What the function does, with the name of the column that it knows.
LOWER = "NEW.{c} := lower(NEW.{c});"
DEFAULT = "NEW.{c} := coalesce(NEW.{c}, 'none');"
REJECT = "IF NEW.{c} = 'evil' THEN RAISE EXCEPTION 'no'; END IF;"
GUARD = "IF TG_OP = 'UPDATE' THEN NEW.{c} := OLD.{c}; END IF;"
DERIVE = "NEW.pad := upper(NEW.{c});"
NULLIFY = "NEW.{c} := nullif(NEW.{c}, 'evil');"


def expanded(db, project, body, name="norm", more=""):
    """Open a window over a table whose trigger does *body*."""
    db.execute(USERS)
    db.execute(FUNCTION.format(body))
    db.execute(TRIGGER.format(name=name))
    project.revision("r1", EXPAND.format(more=more))
    project.upgrade()


def faults(db):
    engine = create_engine(db.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = window_faults(Database(connection))
    engine.dispose()
    return [fault for fault in found if fault.name.startswith(f"{db.schema}.")]


@pytest.mark.parametrize("written", ["email", "mail"])
@pytest.mark.parametrize("known", ["email", "mail"])
@pytest.mark.parametrize(
    "more", ["", ', on_conflict="old"', ', on_conflict="error"'], ids=str
)
def test_what_it_changes_is_in_both_columns(db, project, written, known, more):
    """The function knows the column by its old name, then was replaced."""
    expanded(db, project, LOWER.format(c="email"), more=more)
    db.execute(FUNCTION.format(LOWER.format(c=known)))

    db.execute(f"INSERT INTO users (id, {written}) VALUES (1, 'A'), (2, 'B')")
    assert db.rows("SELECT email, mail FROM users ORDER BY id") == [
        ("a", "a"),
        ("b", "b"),
    ]

    db.execute(f"UPDATE users SET {written} = 'C'")
    assert db.row(BOTH) == ("c", "c")
    db.execute(
        f"INSERT INTO users (id, {written}) VALUES (1, 'D') ON CONFLICT (id)"
        f" DO UPDATE SET {written} = EXCLUDED.{written} || 'E'"
    )
    assert db.row(BOTH) == ("de", "de")
    assert faults(db) == []


@pytest.mark.parametrize("written", ["email", "mail"])
@pytest.mark.parametrize("known", ["email", "mail"])
def test_what_it_rejects_fills_or_takes_back_is_so_in_both(db, project, written, known):
    def does(body):
        db.execute(FUNCTION.format(body.format(c=known)))

    expanded(db, project, DEFAULT.format(c="email"))
    does(DEFAULT)
    db.execute("INSERT INTO users (id) VALUES (1)")
    assert db.row(BOTH) == ("none", "none")

    does(REJECT)
    with pytest.raises(psycopg.errors.RaiseException, match="no"):
        db.execute(f"UPDATE users SET {written} = 'evil'")

    does(DERIVE)
    db.execute(f"UPDATE users SET {written} = 'a'")
    assert db.row("SELECT email, mail, pad FROM users") == ("a", "a", "A")

    does(GUARD)
    db.execute(f"UPDATE users SET {written} = 'b'")
    assert db.row(BOTH) == ("a", "a")

    does(NULLIFY)
    db.execute(f"UPDATE users SET {written} = 'evil'")
    assert db.row(BOTH) == (None, None)


@pytest.mark.parametrize("known", ["email", "mail"])
def test_what_was_left_for_one_row_is_not_taken_for_another(db, project, known):
    """The second row is in step, and is given the very value of the first one."""
    expanded(db, project, "")
    db.execute("INSERT INTO users VALUES (1, 'x'), (2, 'y')")
    constant = f"IF NEW.id = 2 THEN NEW.{known} := 'x'; END IF;"
    db.execute(FUNCTION.format(constant))

    db.execute("BEGIN")
    db.execute("UPDATE users SET mail = 'z' WHERE id = 1")
    db.execute("UPDATE users SET mail = 'x' WHERE id = 1")
    db.execute("UPDATE users SET pad = 'new' WHERE id = 2")
    db.execute("COMMIT")

    assert db.row("SELECT email, mail FROM users WHERE id = 2") == ("x", "x")


@pytest.mark.parametrize("known", ["email", "mail"])
def test_a_trigger_may_write_other_rows_of_the_table(db, project, known):
    expanded(db, project, "")
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
    nested = (
        f"NEW.{known} := lower(NEW.{known}); IF NEW.id = 1 THEN"
        f" UPDATE users SET {known} = 'Other', pad = 'x' WHERE id = 2; END IF;"
    )
    db.execute(FUNCTION.format(nested))

    db.execute("UPDATE users SET email = 'Old' WHERE id = 1")
    db.execute("UPDATE users SET mail = 'New' WHERE id = 1")

    rows = db.rows("SELECT email, mail FROM users ORDER BY id")
    assert rows == [("new", "new"), ("other", "other")]


def test_rows_that_a_backfill_fills_pass_it_as_well(db, project):
    db.execute(USERS)
    db.execute("INSERT INTO users VALUES (1, 'A'), (2, 'B')")
    db.execute(FUNCTION.format(LOWER.format(c="email")))
    db.execute(TRIGGER.format(name="norm"))
    project.revision("r1", EXPAND.format(more=""))
    project.revision("r2", MIGRATE.format(more=""))

    project.upgrade()

    rows = db.rows("SELECT email, mail FROM users ORDER BY id")
    assert rows == [("a", "a"), ("b", "b")]


@pytest.mark.parametrize("known", ["amount", "total"])
@pytest.mark.parametrize("written", ["amount", "total"])
def test_a_change_of_type_lets_them_pass_too(db, project, known, written):
    """A value that does not survive the way back is not changed by another write."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, amount text, pad text)")
    db.execute(FUNCTION.format(""))
    db.execute(TRIGGER.format(name="norm"))
    project.revision(
        "r1",
        'op.expand_alter_column_type("users", "amount", sa.Numeric(12, 1),'
        ' new_column_name="total")',
    )
    project.upgrade()
    db.execute("INSERT INTO users (id, amount) VALUES (1, '007.10'), (2, '5')")
    change = f"IF NEW.{known}::numeric > 99 THEN NEW.{known} := '99'; END IF;"
    db.execute(FUNCTION.format(change))

    db.execute("BEGIN")
    db.execute(f"UPDATE users SET {written} = '100' WHERE id = 2")
    db.execute("UPDATE users SET pad = 'x' WHERE id = 1")
    db.execute("COMMIT")

    rows = db.rows("SELECT amount, total::text FROM users ORDER BY id")
    assert rows[0] == ("007.10", "7.1")
    assert rows[1] == (("99", "99.0") if known == "amount" else ("99.0", "99.0"))
    assert faults(db) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("zzzz", "would fire after ours, and could change a row that is in sync"),
        (" a", "would fire before ours, and would not see what new code writes"),
    ],
    ids=["last", "first"],
)
def test_a_trigger_that_does_not_fire_between_ours_is_refused(db, project, name, why):
    db.execute(USERS)
    db.execute(FUNCTION.format(""))
    db.execute(TRIGGER.format(name=f'"{name}"'))
    project.revision("r1", EXPAND.format(more=""))

    with pytest.raises(DependentObjectsError, match=why):
        project.upgrade()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("zzzz", "fires after ours, and may change a row that is in sync"),
        ("!a", "fires before ours, and does not see what new code writes"),
    ],
    ids=["last", "first"],
)
@pytest.mark.parametrize("has_first", [False, True])
def test_one_that_is_created_in_the_window_is_refused(
    db, project, name, why, has_first
):
    """The statement in the hint puts it between ours, and the expand goes on."""
    if has_first:
        expanded(db, project, LOWER.format(c="email"))
    else:
        db.execute(f"{USERS}; {FUNCTION.format(LOWER.format(c='email'))}")
        project.revision("r1", EXPAND.format(more=""))
        project.upgrade()
    db.execute(TRIGGER.format(name=f'"{name}"'))

    hints = set()
    for call in (EXPAND, MIGRATE):
        project.revision("r2", call.format(more=""))
        with pytest.raises(DependentObjectsError, match=why) as caught:
            project.upgrade()
        hints.add(caught.value.hint.partition(";")[0].removeprefix("Run: "))
    assert why in project.cli("status", module="alembic_zdt").stdout

    (mending,) = hints
    db.execute(mending)
    calls = (EXPAND.format(more=""), MIGRATE.format(more=""))
    project.revision("r2", "\n".join(calls))
    project.upgrade()
    db.execute("INSERT INTO users (id, mail) VALUES (1, 'A')")
    assert db.row(BOTH) == ("a", "a")
    assert faults(db) == []


OURS = (
    "SELECT tgname FROM pg_trigger WHERE tgrelid = 'users'::regclass"
    " AND tgname ~ 'zdt_(again|sync)_' ORDER BY tgname COLLATE \"C\""
)


def names_of_ours(db):
    return [name.partition("_users")[0] for name in db.column(OURS)]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("BEFORE UPDATE", ["!zdt_again", "!zdt_sync", "zzz_zdt_sync"]),
        ("BEFORE INSERT", ["!zdt_again", "!zdt_sync", "zzz_zdt_sync"]),
        ("AFTER INSERT OR UPDATE", ["zzz_zdt_sync"]),
        ("BEFORE DELETE", ["zzz_zdt_sync"]),
    ],
)
def test_the_first_triggers_are_made_where_others_may_change_a_row(
    db, project, kind, wanted
):
    db.execute(USERS)
    db.execute(FUNCTION.format(""))
    trigger = TRIGGER.format(name="norm").replace("BEFORE INSERT OR UPDATE", kind)
    db.execute(trigger)
    project.revision("r1", EXPAND.format(more=""))

    project.upgrade()

    assert names_of_ours(db) == wanted
    assert faults(db) == []


@pytest.mark.parametrize("written", ["email", "mail"])
def test_a_script_finds_out_when_it_runs(db, project, written):
    """The server of the script has a trigger that its writer did not know."""
    project.revision("r1", EXPAND.format(more=""))
    script = project.sql()
    db.execute(USERS)
    db.execute(FUNCTION.format(LOWER.format(c="email")))
    db.execute(TRIGGER.format(name="norm"))

    project.psql(script).ok()
    db.execute(f"INSERT INTO users (id, {written}) VALUES (1, 'A')")

    assert db.row(BOTH) == ("a", "a")
