"""A table has two names for a while: its own, and that of a view."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    PreconditionError,
    UndefinedObjectError,
    UsageError,
)
from tests.support.roles import role

USERS = (
    "CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE DEFAULT 'none',"
    " a int GENERATED ALWAYS AS IDENTITY)"
)
EXPAND = 'op.expand_rename_table("users", "people")'
CONTRACT = EXPAND.replace("expand", "contract")
BACK = 'op.contract_rename_table("people", "users")'
ONLY_VIEW = 'op.expand_rename_table("users", "people", view_only=True)'
STATEMENTS = (
    "INSERT INTO {t} (email) VALUES ('a'), ('b')",
    "INSERT INTO {t} DEFAULT VALUES",
    (
        "INSERT INTO {t} (email) VALUES ('a') ON CONFLICT (email)"
        " DO UPDATE SET email = 'c'"
    ),
    "UPDATE {t} SET email = 'd' WHERE email = 'b' RETURNING id",
    "SELECT * FROM {t} WHERE email = 'c' FOR UPDATE",
    "SELECT u.email FROM {t} u JOIN {t} v USING (id)",
    "DELETE FROM {t}",
)


@pytest.fixture
def phases(db, project):
    db.execute(USERS)
    project.revision("r1", EXPAND, BACK)
    project.revision("r2", CONTRACT, 'op.expand_rename_table("people", "users")')
    return project


def works(db, name):
    for statement in STATEMENTS:
        db.execute(statement.format(t=name))


def test_old_and_new_code_work_all_the_way(db, phases, driver):
    before = db.catalog()
    works(db, "users")
    phases.upgrade("r1")
    works(db, "users")
    works(db, "people")
    phases.upgrade("r2")
    works(db, "people")
    with pytest.raises(psycopg.errors.UndefinedTable):
        works(db, "users")
    phases.downgrade("r1")
    works(db, "users")
    works(db, "people")
    phases.downgrade("base")
    works(db, "users")
    assert db.catalog() == before


def test_contract_that_is_taken_back_leaves_the_table_where_it_is(db, project, driver):
    """New code goes on without a moment, and old code may come back."""
    db.execute(USERS)
    before = db.catalog()
    project.revision("r1", EXPAND, BACK)
    project.revision("r2", CONTRACT, ONLY_VIEW)
    project.upgrade()
    table = db.value("SELECT 'people'::regclass::oid")

    for _ in range(2):  # as after a kill before it was noted
        project.run("stamp", "r2")
        project.downgrade("r1")
        works(db, "users")
        works(db, "people")
        assert db.value("SELECT 'people'::regclass::oid") == table
    assert db.value("SELECT relkind::text FROM pg_class WHERE relname = 'users'") == "v"

    project.downgrade("base")
    works(db, "users")
    assert db.catalog() == before


def test_column_that_goes_while_the_table_has_two_names(db, project):
    """The view is made anew without it, with the rights that it has."""
    db.execute(USERS)
    db.execute("INSERT INTO users (email) VALUES ('x')")
    project.revision("r1", f'{EXPAND}\nop.contract_drop_column("people", "a")')
    with role(db, "reader") as reader:
        db.execute(f"GRANT SELECT ON users TO {reader}")

        project.upgrade()

        assert db.columns("users") == db.columns("people") == ["id", "email"]
        may = "SELECT has_table_privilege(%s, 'users', 'SELECT')"
        assert db.value(may, reader)
    assert db.value("SELECT email FROM users") == "x"


def test_column_that_goes_although_a_view_upon_the_view_shows_it(db, project):
    db.execute(USERS)
    project.revision("r1", EXPAND)
    project.revision("r2", 'op.contract_drop_column("people", "a")')
    project.upgrade("r1")
    db.execute("CREATE VIEW mine AS SELECT a FROM users")
    before = db.catalog()

    with pytest.raises(DependentObjectsError, match="view mine"):
        project.upgrade()

    assert db.catalog() == before


@pytest.mark.parametrize("keeps", ["new", "old"])
def test_column_that_is_renamed_while_the_table_has_two_names(db, project, keeps):
    """A view that is made in the window of the column shows the twin, too."""
    db.execute(USERS)
    db.execute("INSERT INTO users (email) VALUES ('x')")
    names = (
        '"people", "email", "mail"' if keeps == "new" else '"people", "mail", "email"'
    )
    project.revision("r1", EXPAND)
    project.revision("r2", CONTRACT)
    project.revision(
        "r3",
        'op.expand_rename_column("people", "email", "mail")\n'
        'op.migrate_rename_column("people", "email", "mail")',
    )
    project.revision("r4", ONLY_VIEW)
    project.revision("r5", f"op.contract_rename_column({names})")
    project.upgrade("r4")
    assert "mail" in db.columns("users")

    project.upgrade()

    stays = "mail" if keeps == "new" else "email"
    assert db.columns("people") == db.columns("users")
    assert db.value(f"SELECT {stays} FROM users") == "x"


def test_prepared_statements_of_old_code_go_on(db, phases):
    with db.session() as code:
        code.execute("PREPARE find AS SELECT id, email FROM users WHERE id = $1")
        code.execute("EXECUTE find(1)")
        phases.upgrade("r1")
        code.execute("EXECUTE find(1)")


def test_the_view_has_owner_rights_and_comment_of_the_table(db, phases):
    with contextlib.ExitStack() as stack:
        names = ("owner", "writer", "reader")
        owner, writer, reader = (stack.enter_context(role(db, n)) for n in names)
        db.execute(f"GRANT USAGE, CREATE ON SCHEMA {db.schema} TO {owner}")
        db.execute("COMMENT ON TABLE users IS 'it''s %s'")
        db.execute(f"ALTER TABLE users OWNER TO {owner}")
        db.execute(f"GRANT INSERT ON users TO {writer} WITH GRANT OPTION")
        db.execute(f"GRANT SELECT (email) ON users TO {reader}")
        phases.upgrade("r1")

        described = "SELECT pg_get_userbyid(relowner), obj_description(oid, 'pg_class')"
        found = db.row(f"{described} FROM pg_class WHERE oid = 'users'::regclass")
        assert found == (owner, "it's %s")
        may = "SELECT has_table_privilege(%s, 'users', 'INSERT WITH GRANT OPTION')"
        assert db.value(may, writer)
        may = "SELECT has_column_privilege(%s, 'users', %s, 'SELECT')"
        assert db.value(may, reader, "email")
        assert not db.value(may, reader, "id")
        phases.downgrade("base")
        db.execute(f"REASSIGN OWNED BY {owner} TO current_user")
        db.execute(f"DROP OWNED BY {owner}")


def test_rows_are_hidden_through_the_view_too(db, phases):
    """Or it is refused, where a view would show them."""
    db.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    db.execute("CREATE POLICY p ON users USING (email = 'seen')")
    db.execute("INSERT INTO users (email) VALUES ('seen'), ('hidden')")
    if db.server.version < 15:
        with pytest.raises(PreconditionError, match="row level security"):
            phases.upgrade("r1")
        return
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(role(db, "reader"))
        db.execute(f"GRANT USAGE ON SCHEMA {db.schema} TO {reader}")
        db.execute(f"GRANT SELECT ON users TO {reader}")
        phases.upgrade("r1")
        with db.session() as session:
            session.execute(f"SET ROLE {reader}")
            assert session.column("SELECT email FROM users") == ["seen"]


REFUSED = {
    "no-table": ('op.expand_rename_table("no", "other")', UndefinedObjectError),
    "view": ('op.expand_rename_table("v", "other")', UndefinedObjectError),
    "taken": ('op.expand_rename_table("users", "taken")', DuplicateObjectError),
    "view-of-nothing": (
        'op.expand_rename_table("users", "no", view_only=True)',
        UndefinedObjectError,
    ),
    "view-of-a-name-that-is-taken": (
        'op.expand_rename_table("taken", "users", view_only=True)',
        DuplicateObjectError,
    ),
    "same": ('op.expand_rename_table("users", "users")', UsageError),
    "no-bridge": ('op.contract_rename_table("users", "taken")', UndefinedObjectError),
    "other-view": ('op.contract_rename_table("v", "users")', UndefinedObjectError),
}


@pytest.mark.parametrize(("call", "error"), REFUSED.values(), ids=REFUSED)
def test_bad_arguments(db, project, call, error):
    db.execute(USERS)
    db.execute("CREATE TABLE taken (id int)")
    db.execute("CREATE VIEW v AS SELECT * FROM users")
    before = db.catalog()
    project.revision("r1", call)

    with pytest.raises(error):
        project.upgrade()

    assert db.catalog() == before


@pytest.mark.parametrize("until", ["contract", "back"])
def test_a_view_that_others_use_stays(db, phases, until):
    phases.upgrade("r1")
    db.execute("CREATE VIEW mine AS SELECT email FROM users")

    with pytest.raises(DependentObjectsError, match="view mine"):
        phases.upgrade() if until == "contract" else phases.downgrade()

    assert db.exists("users")
    assert db.exists("people")


def test_an_open_rename_is_turned(db, project):
    """As after a downgrade that was interrupted between its two calls."""
    db.execute(USERS)
    before = db.catalog()
    project.revision("r1", EXPAND)
    project.revision("r2", 'op.expand_rename_table("people", "users")')
    project.revision("r3", 'op.contract_rename_table("people", "users")')
    project.upgrade("r1")

    project.upgrade("r2")

    kinds = "SELECT relkind FROM pg_class WHERE oid IN (%s::regclass, %s::regclass)"
    assert db.column(f"{kinds} ORDER BY relname", "people", "users") == ["v", "r"]
    works(db, "users")
    works(db, "people")
    project.upgrade("r3")
    assert db.catalog() == before


def test_a_partitioned_table_has_two_names_too(db, project):
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE u1 PARTITION OF users DEFAULT")
    project.revision("r1", EXPAND, BACK)
    before = db.catalog()

    project.upgrade()
    db.execute("INSERT INTO users VALUES (1, 'a')")
    assert db.value("SELECT email FROM people") == "a"
    project.downgrade()

    assert db.catalog() == before


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
def test_the_view_stands_beside_its_table(db, project, new_schema, offline):
    """A script does not know that the table is not in the first schema of the path."""
    second = new_schema()
    db.execute(f"CREATE TABLE {second}.users (id int)")
    path = f"{db.schema},{second}"
    db.execute(f"ALTER DATABASE {db.database} SET search_path = {path}")
    project.revision("r1", EXPAND, BACK)

    if offline:
        project.psql(project.sql(), path).ok()
    else:
        project.upgrade()
    db.execute(f"INSERT INTO {second}.users VALUES (1)")
    project.downgrade()

    assert db.value(f"SELECT id FROM {second}.users") == 1
