"""Whichever of the two columns is written, both have it, exactly as it was written."""

from __future__ import annotations

import psycopg
import pytest

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, pad text)"
EXPAND = 'op.expand_rename_column("users", "email", "mail"{more})'
BOTH = "SELECT email, mail FROM users WHERE id = 1"


def expanded(db, project, *setup, more=""):
    for statement in (USERS, *setup):
        db.execute(statement)
    project.revision("r1", EXPAND.format(more=more))
    project.upgrade()


INSERTS = {
    "old": ("INSERT INTO users (id, email) VALUES (1, 'a')", "a"),
    "new": ("INSERT INTO users (id, mail) VALUES (1, 'a')", "a"),
    "neither": ("INSERT INTO users (id) VALUES (1)", None),
    "both-the-same": ("INSERT INTO users (id, email, mail) VALUES (1, 'a', 'a')", "a"),
    "both": ("INSERT INTO users (id, email, mail) VALUES (1, 'a', 'b')", "b"),
    "new-is-null": ("INSERT INTO users (id, email, mail) VALUES (1, 'a', NULL)", "a"),
    "copy": ("COPY users (id, mail) FROM PROGRAM 'echo 1,a' WITH (FORMAT csv)", "a"),
}
UPDATES = {
    "old": ("UPDATE users SET email = 'b'", "b"),
    "new": ("UPDATE users SET mail = 'b'", "b"),
    "old-null": ("UPDATE users SET email = NULL", None),
    "new-null": ("UPDATE users SET mail = NULL", None),
    "other": ("UPDATE users SET pad = 'x'", "a"),
    "both-the-same": ("UPDATE users SET email = 'b', mail = 'b'", "b"),
    "upsert-old": (
        (
            "INSERT INTO users (id, email) VALUES (1, 'b')"
            " ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email"
        ),
        "b",
    ),
    "upsert-new": (
        (
            "INSERT INTO users (id, mail) VALUES (1, 'b')"
            " ON CONFLICT (id) DO UPDATE SET mail = EXCLUDED.mail"
        ),
        "b",
    ),
    "upsert-across": (
        (
            "INSERT INTO users (id, mail) VALUES (1, 'b')"
            " ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email"
        ),
        "b",
    ),
}


@pytest.mark.parametrize(("statement", "value"), INSERTS.values(), ids=INSERTS)
def test_an_inserted_row_has_it_in_both(db, project, statement, value):
    expanded(db, project)

    db.execute(statement)

    assert db.row(BOTH) == (value, value)


@pytest.mark.parametrize(("statement", "value"), UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("is_filled", [True, False], ids=["filled", "not-filled"])
def test_an_updated_row_has_it_in_both(db, project, statement, value, is_filled):
    """Also a row that the backfill has not reached."""
    before = "INSERT INTO users (id, email) VALUES (1, 'a')"
    expanded(db, project, *(() if is_filled else (before,)))
    if is_filled:
        db.execute(before)

    db.execute(statement)

    if not is_filled and statement == UPDATES["new-null"][0]:
        value = "a"  # it was NULL before: nothing was changed, so it is filled
    assert db.row(BOTH) == (value, value)


@pytest.mark.parametrize(
    ("more", "value"), [("", "new"), (', on_conflict="old"', "old")]
)
def test_an_update_of_both_takes_the_one_that_was_asked_for(db, project, more, value):
    expanded(db, project, more=more)
    db.execute("INSERT INTO users VALUES (1, 'a')")

    db.execute("UPDATE users SET email = 'old', mail = 'new'")

    assert db.row(BOTH) == (value, value)
    db.execute("UPDATE users SET mail = 'one'")
    assert db.row(BOTH) == ("one", "one")


def test_an_update_of_both_can_be_an_error(db, project):
    expanded(db, project, more=', on_conflict="error"')
    db.execute("INSERT INTO users VALUES (1, 'a')")

    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as caught:
        db.execute("UPDATE users SET email = 'old', mail = 'new'")

    assert "different values into email and mail of" in str(caught.value)
    db.execute("UPDATE users SET email = 'b', mail = 'b'")
    db.execute("UPDATE users SET mail = 'c'")
    assert db.row(BOTH) == ("c", "c")


def test_a_default_counts_for_code_that_does_not_write_the_column(db, project):
    expanded(db, project, "ALTER TABLE users ALTER email SET DEFAULT 'none'")

    db.execute("INSERT INTO users (id) VALUES (1)")
    assert db.row(BOTH) == ("none", "none")

    db.execute("INSERT INTO users (id, mail) VALUES (2, 'a')")
    assert db.row("SELECT email, mail FROM users WHERE id = 2") == ("a", "a")


def test_a_column_that_is_not_null_can_be_written_by_its_new_name(db, project):
    expanded(db, project, "ALTER TABLE users ALTER email SET NOT NULL")

    db.execute("INSERT INTO users (id, mail) VALUES (1, 'a')")

    assert db.row(BOTH) == ("a", "a")


BLIND = (
    "CREATE COLLATION blind"
    " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
)
# Pairs that the type calls equal, and that are not the same.
EQUAL_AND_NOT_THE_SAME = {
    "numeric": ("1.0", "1.00"),
    "jsonb": ('{"a": 1.0}', '{"a": 1.00}'),
    "json": ("[1]", "[1 ]"),
    "float8": ("0", "-0"),
    "interval": ("1 day", "24:00:00"),
    "timetz": ("10:00:00+00", "11:00:00+01"),
    "text COLLATE blind": ("A", "a"),
    "xml": ("<a/>", "<a></a>"),
    "point": ("(1,1)", "(1,1.00000001)"),
    "numeric[]": ("{1.0}", "{1.00}"),
}


@pytest.mark.parametrize("type_", EQUAL_AND_NOT_THE_SAME)
@pytest.mark.parametrize("column", ["email", "mail"])
def test_a_change_that_the_type_does_not_see_is_kept(db, project, type_, column):
    if "blind" in type_:
        if not db.rows("SELECT FROM pg_collation WHERE collname = 'und-x-icu'"):
            pytest.skip("this PostgreSQL comes without ICU")
        db.execute(BLIND)
    if type_ == "xml" and not db.rows("SELECT FROM pg_config WHERE setting ~ 'libxml'"):
        pytest.skip("this PostgreSQL comes without libxml")
    first, second = EQUAL_AND_NOT_THE_SAME[type_]
    expanded(db, project, f"ALTER TABLE users ALTER email TYPE {type_} USING NULL")
    db.execute("INSERT INTO users (id, mail) VALUES (1, %s)", first)

    db.execute(f"UPDATE users SET {column} = %s", second)

    texts = "SELECT email::text, mail::text FROM users"
    wanted = db.value(f"SELECT (%s::{type_})::text", second)
    assert db.row(texts) == (wanted, wanted)


def test_replicated_rows_are_kept_in_step(db, project):
    """A subscription applies rows as a replica does."""
    expanded(db, project)
    db.execute("SET session_replication_role = replica")

    db.execute("INSERT INTO users (id, email) VALUES (1, 'a')")
    db.execute("UPDATE users SET mail = 'b'")

    assert db.row(BOTH) == ("b", "b")


def test_what_gets_past_the_trigger_is_refused(db, project):
    """Somebody has switched it off."""
    expanded(db, project)
    db.execute("INSERT INTO users (id, email) VALUES (1, 'a')")
    db.execute("ALTER TABLE users DISABLE TRIGGER USER")

    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE users SET email = 'b'")
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("INSERT INTO users (id, email) VALUES (2, 'b')")


def test_partitions_made_later_are_kept_in_step(db, project):
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1)")
    project.revision("r1", EXPAND.format(more=""))
    project.upgrade()
    db.execute("CREATE TABLE users_2 PARTITION OF users FOR VALUES IN (2)")
    db.execute("SET session_replication_role = replica")

    db.execute("INSERT INTO users (id, mail) VALUES (1, 'a')")
    db.execute("INSERT INTO users_2 (id, email) VALUES (2, 'b')")

    assert db.rows("SELECT email, mail FROM users ORDER BY id") == [
        ("a", "a"),
        ("b", "b"),
    ]


def test_a_change_of_the_partition_keeps_both(db, project):
    """An UPDATE that moves a row deletes it here and inserts it there."""
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    for id_ in (1, 2):
        db.execute(f"CREATE TABLE u{id_} PARTITION OF users FOR VALUES IN ({id_})")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", EXPAND.format(more=""))
    project.upgrade()

    db.execute("UPDATE users SET id = 2, email = 'b'")
    assert db.rows("SELECT email, mail FROM u2") == [("b", "b")]
    db.execute("UPDATE users SET id = 1, mail = 'c'")
    assert db.rows("SELECT email, mail FROM u1") == [("c", "c")]
