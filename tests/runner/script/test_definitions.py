"""A script never takes another object for its own because of the name."""

from __future__ import annotations

import pytest

from tests.runner.script.scripts import FLAVORS

every_flavor = pytest.mark.parametrize("flavor", FLAVORS)


def errors(replay):
    assert replay.rc == 3, replay.output
    return [
        line
        for line in replay.stderr.splitlines()
        if line.startswith(("ERROR", "DETAIL", "HINT"))
    ]


@pytest.fixture
def users(db):
    """A table."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")


@every_flavor
def test_index_with_another_definition_is_refused(db, project, users, flavor):
    """Both definitions are in the message."""
    db.execute("CREATE UNIQUE INDEX ix_users_email ON users (lower(email))")
    project.revision(
        "r1", 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
    )

    assert errors(project.psql(project.sql(flavor=flavor))) == [
        'ERROR:  "ix_users_email" of users exists with another definition',
        (
            "DETAIL:  There is: UNIQUE USING btree (lower(email))."
            " Wanted: USING btree (email)."
        ),
        "HINT:  Choose another name, or drop or replace it first.",
    ]


@every_flavor
def test_index_name_on_another_table_is_refused(db, project, users, flavor):
    """Index names are shared by all tables of a schema."""
    db.execute("CREATE TABLE orders (email text)")
    db.execute("CREATE INDEX ix_users_email ON orders (email)")
    project.revision(
        "r1", 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
    )

    error, detail, hint = errors(project.psql(project.sql(flavor=flavor)))

    assert error == (
        'ERROR:  cannot build index "ix_users_email": something else is in the way'
    )
    assert "CREATE INDEX ix_users_email ON" in detail
    assert detail.endswith(
        "Wanted: CREATE INDEX CONCURRENTLY ix_users_email ON users (email);"
    )
    assert (
        hint == "HINT:  Change, drop or rename that object, then run the script again."
    )


@every_flavor
def test_check_with_another_condition_is_refused(db, project, users, flavor):
    """Both conditions are in the message."""
    db.execute("ALTER TABLE users ADD CONSTRAINT ck_users CHECK (id > 0) NOT VALID")
    project.revision(
        "r1", 'op.create_check_constraint_two_phase("ck_users", "users", "id > 1")'
    )

    assert errors(project.psql(project.sql(flavor=flavor))) == [
        'ERROR:  "ck_users" of users exists with another definition',
        "DETAIL:  There is: CHECK ((id > 0)). Wanted: CHECK ((id > 1)).",
        "HINT:  Choose another name, or drop or replace it first.",
    ]


@every_flavor
def test_foreign_key_with_another_action_is_refused(db, project, users, flavor):
    """The shape of a foreign key is part of its guard."""
    db.execute("CREATE TABLE orders (user_id int)")
    db.execute(
        "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users"
    )
    project.revision(
        "r1",
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"],'
        ' ondelete="CASCADE")',
    )

    error, detail, _ = errors(project.psql(project.sql(flavor=flavor)))

    assert error == (
        'ERROR:  cannot add foreign key "fk" to "orders" as NOT VALID:'
        " something else is in the way"
    )
    assert "FOREIGN KEY (user_id) REFERENCES users(id)" in detail
    assert detail.endswith("ON DELETE CASCADE NOT VALID")


@every_flavor
def test_same_definition_in_other_words_is_accepted(db, project, users, flavor):
    """The server spells both, so it does not matter how they were written."""
    db.execute("CREATE INDEX ix_users_email ON users USING btree (email ASC)")
    project.revision(
        "r1", 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
    )

    project.psql(project.sql(flavor=flavor)).ok()

    assert project.current == ["r1"]
