"""An object with one of our names that another role owns is refused, not used."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DependentObjectsError, ForeignOwnerError
from alembic_zdt.names import (
    BASE,
    NUMBERS,
    SYNC_CHECK,
    SYNC_TRIGGER,
    QualifiedName,
    distinct,
)
from alembic_zdt.twin.window import Window
from tests.support.roles import role, run_as, session_of
from tests.support.workflows import renaming, retyping

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, state text)"
TRIGGER_FUNCTION = (
    "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NEW; END $$"
)
EMAILS = ("users", "email", "mail")
RENAME = renaming(*EMAILS)
RETYPE = retyping(
    "users",
    "email",
    "sa.String(80)",
    "new_column_name='mail', existing_type=sa.Text(), using='upper(email)',"
    " reverse_using='lower(mail)'",
)
UP, DOWN = (
    function.name
    for function in Window(QualifiedName("users"), "email", "mail").conversions
)
CONVERSION = "CREATE FUNCTION {}(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"
MOOD = "op.expand_add_column('users', sa.Column('mood', sa.Enum('sad', name='mood')))"
IDENTITY = (
    "op.expand_add_column('users', sa.Column('n', sa.BigInteger(), sa.Identity(),"
    " nullable=False))"
)
REMOVE = (
    "op.remove_enum_value('users', 'mood', 'sad',"
    " existing_type=sa.Enum('sad', 'happy', name='mood'), replacement='happy')"
)
MADE = {
    "sync-function": (
        RENAME,
        distinct(SYNC_CHECK, *EMAILS),
        TRIGGER_FUNCTION,
        "DROP FUNCTION {}",
    ),
    "sync-function-with-arguments": (
        RENAME,
        distinct(SYNC_CHECK, *EMAILS),
        "CREATE FUNCTION {}(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION {}",
    ),
    "function-of-using": (RETYPE, UP, CONVERSION, "DROP FUNCTION {}"),
    "definer": (RETYPE, UP, f"{CONVERSION} SECURITY DEFINER", "DROP FUNCTION {}"),
    "function-of-reverse-using": (RETYPE, DOWN, CONVERSION, "DROP FUNCTION {}"),
    "enum-type": (
        MOOD,
        "mood",
        "CREATE DOMAIN {} AS text CHECK (VALUE IS NOT NULL)",
        "DROP DOMAIN {}",
    ),
    "sequence": (
        IDENTITY,
        distinct(NUMBERS, "users", "n"),
        "CREATE SEQUENCE {}",
        "DROP SEQUENCE {}",
    ),
}
# What would call functions of the other role as the new owner is only to be dropped.
MENDING = {"enum-type": "DROP TYPE mood", "definer": f"DROP ROUTINE {UP}(text)"}
every_kind = pytest.mark.parametrize("kind", MADE)


@every_kind
def test_what_was_made_beforehand_is_refused(db, project, stranger, kind):
    """With its owner's name; without it the same run succeeds."""
    db.execute(USERS)
    call, name, making, dropping = MADE[kind]
    stranger.execute(making.format(name))
    before = db.catalog()
    project.revision("r1", call)

    with pytest.raises(ForeignOwnerError, match=stranger.name) as refused:
        project.upgrade()

    mending = MENDING.get(kind, f"OWNER TO {db.value('SELECT current_user')};")
    assert mending in str(refused.value)
    assert db.catalog() == before
    stranger.execute(dropping.format(name))
    project.upgrade()


@every_kind
@pytest.mark.parametrize("flavor", ["psql", "plain"])
def test_a_script_refuses_it_too(db, project, stranger, kind, flavor):
    """The look is part of the script."""
    db.execute(USERS)
    call, name, making, _ = MADE[kind]
    project.revision("r1", call)
    script = project.sql(flavor=flavor)
    stranger.execute(making.format(name))
    before = db.catalog()

    said = project.psql(script)

    assert said.rc != 0
    assert stranger.name in said.stderr
    assert MENDING.get(kind, "OWNER TO") in said.stderr
    assert db.catalog() == before


def test_type_for_a_removed_enum_value_is_not_adopted(db, project, stranger):
    """Its values would be cast to a type that another role can change."""
    db.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    db.execute("CREATE TABLE users (id int PRIMARY KEY, mood mood)")
    name = distinct("zdt_enum", "mood", "sad")
    stranger.execute(f"CREATE DOMAIN {name} AS text")
    project.revision("r1", REMOVE)

    with pytest.raises(ForeignOwnerError, match=stranger.name):
        project.upgrade()


def test_trigger_that_another_role_made_does_not_open_the_window(db, project, stranger):
    """A role with the right TRIGGER may give its trigger the name of ours."""
    db.execute(USERS)
    db.execute(
        f"ALTER TABLE users ADD mail text; GRANT TRIGGER ON users TO {stranger.name}"
    )
    stranger.execute(TRIGGER_FUNCTION.format("spy"))
    trigger = distinct(SYNC_TRIGGER, *EMAILS)
    stranger.execute(
        f"CREATE TRIGGER {trigger} BEFORE UPDATE ON users"
        " FOR EACH ROW EXECUTE FUNCTION spy()"
    )
    for number, call in enumerate(RENAME.splitlines(), start=1):
        project.revision(f"r{number}", call)
        with pytest.raises(ForeignOwnerError, match=f"DROP TRIGGER {trigger} ON users"):
            project.upgrade()
        project.run("stamp", f"r{number}")


def test_view_with_the_old_name_of_a_table_is_not_adopted(db, project, stranger):
    """It could call functions with the rights of whoever reads it."""
    db.execute("CREATE TABLE customers (id int PRIMARY KEY)")
    stranger.execute("CREATE VIEW users AS SELECT * FROM customers")
    mark = "'alembic_zdt: the old name of customers'"
    stranger.execute(f'COMMENT ON RULE "_RETURN" ON users IS {mark}')
    names = "'users', 'customers'"
    project.revision("r1", f"op.expand_rename_table({names}, view_only=True)")

    with pytest.raises(ForeignOwnerError, match=f'view users.*"{stranger.name}"'):
        project.upgrade()


@pytest.mark.parametrize("where", ["same", "other"])
def test_view_that_another_role_marked_does_not_stand_aside(
    db, project, stranger, where
):
    """It would get the schema, the owner and the rights of the table."""
    other = f"{db.schema}_other"
    db.execute(f"{USERS}; CREATE SCHEMA {other} AUTHORIZATION {stranger.name}")
    expand, migrate, contract = RENAME.splitlines()
    project.revision("r1", f"{expand}\n{migrate}")
    project.revision("r2", contract)
    project.upgrade("r1")
    view = f"{db.schema if where == 'same' else other}.accounts"
    stranger.execute(f"CREATE VIEW {view} AS SELECT email, mail FROM users")
    mark = "'alembic_zdt: the old name of users'"
    stranger.execute(f'COMMENT ON RULE "_RETURN" ON {view} IS {mark}')
    before = db.catalog()

    with pytest.raises(DependentObjectsError, match="accounts"):
        project.upgrade(x=("zdt.allow_same_run=true",))

    assert db.catalog() == before
    db.execute(f"DROP SCHEMA {other} CASCADE")


def test_contract_does_not_begin_with_a_view_that_another_role_made(
    db, project, stranger
):
    """It is in a schema that is searched first, and is marked as ours.

    Its owner and its rights would go to the table.
    """
    first = f"{db.schema}_first"
    db.execute(f"{USERS}; CREATE SCHEMA {first} AUTHORIZATION {stranger.name}")
    db.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON users TO {stranger.name}")
    names = "'users', 'email', 'mail', strategy='view'"
    project.revision("r1", f"op.expand_rename_column({names})")
    project.revision("r2", f"op.contract_rename_column({names})")
    project.upgrade("r1")
    base = distinct(BASE, "users")
    stranger.execute(f"CREATE VIEW {first}.users AS SELECT *, email mail FROM {base}")
    mark = "'alembic_zdt: two names of a column: email, mail'"
    stranger.execute(f'COMMENT ON RULE "_RETURN" ON {first}.users IS {mark}')
    ours = f"ALTER ROLE CURRENT_USER IN DATABASE {db.database}"
    db.execute(f"{ours} SET search_path = {first}, {db.schema}")
    try:
        with pytest.raises(ForeignOwnerError, match=f'view users.*"{stranger.name}"'):
            project.upgrade()
    finally:
        db.execute(f"{ours} RESET search_path; DROP SCHEMA {first} CASCADE")
    owner = f"SELECT relowner::regrole::text FROM pg_class WHERE relname = '{base}'"
    assert db.column(owner) == [db.value("SELECT current_user")]


def test_function_left_by_an_earlier_window_is_made_anew(db, project):
    """It is ours; its body may be that of an older release."""
    db.execute(USERS)
    name = distinct(SYNC_CHECK, *EMAILS)
    db.execute(TRIGGER_FUNCTION.format(name))
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME.splitlines()[0])

    project.upgrade()

    db.execute("UPDATE users SET email = 'b'")
    assert db.value("SELECT mail FROM users") == "b"


@pytest.fixture
def team(db):
    """An owner role, two migrators that are its members, and its table."""
    with (
        role(db, "owner") as owner,
        role(db, "first", f"IN ROLE {owner}") as first,
        role(db, "second", f"IN ROLE {owner}") as second,
    ):
        db.execute(USERS)
        db.execute(f"ALTER TABLE users OWNER TO {owner}")
        yield owner, first, second


def test_functions_of_a_member_of_the_owner_are_trusted(db, project, team):
    """By another member, by the owner, and by a superuser."""
    owner, first, second = team
    name = distinct(SYNC_CHECK, *EMAILS)
    with session_of(db, first) as session:
        session.execute(TRIGGER_FUNCTION.format(name))
    window = Window(QualifiedName("users"), "email", "mail")
    for reader in (second, owner, first):
        with session_of(db, reader) as session:
            assert session.rows(window.ownership.wrong) == []
    assert db.rows(window.ownership.wrong) == []


def test_superuser_does_not_count_as_member_of_every_role(db, team):
    """Although pg_has_role() says so."""
    _, first, _ = team
    db.execute("ALTER TABLE users OWNER TO CURRENT_USER")
    name = distinct(SYNC_CHECK, *EMAILS)
    with session_of(db, first) as session:
        session.execute(TRIGGER_FUNCTION.format(name))

    window = Window(QualifiedName("users"), "email", "mail")
    [(words, owner, _statement)] = db.rows(window.ownership.wrong)

    assert words == f"routine {name}()"
    assert owner == first


def test_functions_of_the_same_name_do_not_hold_up_an_open_window(
    db, project, stranger
):
    """They have other arguments, so nothing calls them; they are left alone."""
    db.execute(f"{USERS}; INSERT INTO users VALUES (1, 'a')")
    expand, *later = RETYPE.splitlines()
    project.revision("r1", expand)
    project.revision("r2", "\n".join(later))
    project.upgrade("r1")
    window = Window(QualifiedName("users"), "email", "mail")
    for function in (window.function, *window.conversions, *window.casts):
        for arguments in ("int", "int, int"):
            stranger.execute(
                f"CREATE FUNCTION {function.sql}({arguments}) RETURNS int"
                " LANGUAGE sql AS 'SELECT 1'"
            )

    project.upgrade(x=("zdt.allow_same_run=true",))

    assert db.rows("SELECT id, mail FROM users") == [(1, "A")]
    left = (
        "SELECT DISTINCT pg_get_userbyid(proowner)::text, count(*) OVER () FROM pg_proc"
    )
    here = f"{left} WHERE pronamespace = '{db.schema}'::regnamespace"
    assert db.rows(here) == [(stranger.name, 10)]


def test_membership_that_a_stranger_granted_is_not_trusted(db, project, stranger):
    """Before PostgreSQL 16 each role may make the migrator a member of itself."""
    db.execute(USERS)
    migrator = db.value("SELECT current_user")
    with role(db, "pushed") as pushed, role(db, "plain", f"IN ROLE {pushed}") as plain:
        db.execute(f"GRANT {pushed} TO {stranger.name} WITH ADMIN OPTION")
        stranger.execute(f"GRANT {pushed} TO {migrator}, {plain}")
        stranger.execute(f"SET ROLE {pushed}")
        stranger.execute(TRIGGER_FUNCTION.format(distinct(SYNC_CHECK, *EMAILS)))
        project.revision("r1", RENAME)

        with pytest.raises(ForeignOwnerError, match=pushed):
            project.upgrade()

        stranger.execute(f"RESET ROLE; REVOKE {pushed} FROM {migrator}, {plain}")


def test_members_of_the_owner_run_all_three_phases(db, project, team):
    """Each with SET ROLE, as env.py of such a team has it."""
    owner, first, _ = team
    run_as(project, first)
    db.execute(f"ALTER ROLE {first} SET role = {owner}")
    db.execute("INSERT INTO users VALUES (1, 'a')")
    project.revision("r1", RENAME)

    project.upgrade()

    assert db.rows("SELECT id, mail FROM users") == [(1, "a")]
