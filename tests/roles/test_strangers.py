"""What a role without rights on a table does must not change what we do with it."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.errors import (
    DuplicateObjectError,
    LockNotAvailableError,
    UsageError,
    ZdtError,
)

TURNS = int.from_bytes(b"zdt", "big")
USERS = "CREATE TABLE users (id int PRIMARY KEY, email text)"


def test_view_of_a_stranger_makes_no_writer(db, project, stranger):
    """Nobody can write through it, so nobody is to get rights for it."""
    db.execute(USERS)
    db.execute(
        "CREATE FUNCTION code() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;"
        " REVOKE ALL ON FUNCTION code FROM PUBLIC"
    )
    stranger.execute(
        "CREATE VIEW other AS SELECT * FROM users; GRANT INSERT ON other TO PUBLIC"
    )
    column = "sa.Column('code', sa.Text(), server_default=sa.text('code()'))"
    project.revision("r1", f"op.expand_add_column('users', {column})")

    project.upgrade()

    assert "code()" in db.value(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef"
        " WHERE adrelid = 'users'::regclass"
    )


def test_event_trigger_that_refuses_is_named(db, project):
    """No other expression would help, so the hint asks for none."""
    db.execute(USERS)
    db.execute(
        "CREATE FUNCTION freeze() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'no change on Fridays'; END $$"
    )
    name = f"{db.schema}_freeze"
    db.execute(
        f"CREATE EVENT TRIGGER {name} ON ddl_command_end WHEN TAG IN ('ALTER TABLE')"
        " EXECUTE FUNCTION freeze()"
    )
    call = "'users', 'email', sa.String(80), existing_type=sa.Text()"
    project.revision("r1", f"op.expand_alter_column_type({call})")
    try:
        with pytest.raises(UsageError, match="no change on Fridays") as refused:
            project.upgrade()
    finally:
        db.execute(f"DROP EVENT TRIGGER {name}")

    asked = str(refused.value).partition("(SELECT")[2].partition(")")[0]
    assert "evtname" in asked
    assert db.rows(f"SELECT {asked}") == []


@pytest.fixture
def is_spied(db, stranger):
    """Whether a function of the stranger has run as another role."""
    db.execute("CREATE SEQUENCE spied; GRANT ALL ON SEQUENCE spied TO PUBLIC")
    stranger.execute(
        "CREATE FUNCTION spy(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS"
        f" $$ BEGIN IF current_user <> '{stranger.name}' THEN"
        f" PERFORM nextval('{db.schema}.spied'); END IF; RETURN true; END $$"
    )
    return lambda: db.value("SELECT is_called FROM spied")


def test_doctor_reads_no_table_of_a_stranger(db, project, stranger, is_spied):
    """To plan a query is enough to run what its indexes call."""
    stranger.execute(
        "CREATE TABLE other (id int PRIMARY KEY); GRANT SELECT ON other TO PUBLIC;"
        " CREATE INDEX ON other (id) WHERE spy('x')"
    )
    db.execute(f"{USERS}; INSERT INTO users VALUES (2000000000)")

    said = project.cli("doctor", module="alembic_zdt")

    assert 'primary key "id" of' in said.output
    assert not is_spied()


def test_foreign_key_of_a_stranger_runs_nothing_of_his(db, project, stranger, is_spied):
    """An operator of his that compares it, and indexes that his table has."""
    db.execute(f"{USERS}; GRANT REFERENCES ON users TO {stranger.name}")
    stranger.execute(
        "CREATE TYPE code AS ENUM ('1'); CREATE FUNCTION number(code) RETURNS int"
        " IMMUTABLE LANGUAGE sql AS 'SELECT $1::text::int';"
        " CREATE CAST (code AS int) WITH FUNCTION number(code) AS IMPLICIT;"
        " CREATE FUNCTION same(int8, code) RETURNS bool IMMUTABLE LANGUAGE sql"
        " AS $$ SELECT spy('x') $$;"
        " CREATE OPERATOR = (LEFTARG = int8, RIGHTARG = code, FUNCTION = same);"
        " CREATE TABLE other (user_id code REFERENCES users, n int);"
        " CREATE INDEX ON other (n) WHERE spy('x')"
    )
    call = "'users', 'id', sa.BigInteger(), existing_type=sa.Integer()"
    project.revision("r1", f"op.expand_alter_column_type({call})")

    project.upgrade()

    assert not is_spied()


def test_stranger_that_holds_the_turn_is_named(db, project, stranger):
    """Each role may take each advisory lock; the wait for it ends."""
    db.execute(USERS)
    subject = f"{db.schema}.users"
    stranger.execute(f"SELECT pg_advisory_lock({TURNS}, hashtext('{subject}'))")
    project.revision("r1", "op.create_index_concurrently('ix', 'users', ['email'])")

    with pytest.raises(LockNotAvailableError) as refused:
        project.upgrade(x=("zdt.lock_deadline=500ms",))

    assert f"pid {stranger.pid} " in refused.value.detail
    assert f"as {stranger.name} from" in refused.value.detail
    assert refused.value.pids == [stranger.pid]


def test_names_of_copies_that_a_stranger_has_taken(db, project, stranger, is_spied):
    """A CHECK in place of a foreign key would call his function for each row."""
    db.execute(f"{USERS}; GRANT REFERENCES ON users TO {stranger.name}")
    stranger.execute(
        "CREATE TABLE other (n int PRIMARY KEY, user_id int REFERENCES users);"
        " INSERT INTO other VALUES (1)"
    )
    call = "op.{}_alter_column_type('users', 'id', sa.BigInteger())"
    project.revision("r1", "\n".join(map(call.format, ("expand", "migrate"))))
    project.revision("r2", call.format("contract"))
    project.upgrade("r1")
    planned = project.cli("plan", module="alembic_zdt").ok().output
    (index,) = re.findall(r"INDEX CONCURRENTLY (zdt_copy_\w+_pkey\w*)", planned)
    (key,) = re.findall(r"ADD CONSTRAINT (zdt_copy_\w+) FOREIGN KEY", planned)
    stranger.execute(
        f"ALTER TABLE other ADD CONSTRAINT {key} CHECK (spy('x') OR n > 0) NOT VALID;"
        f" CREATE TABLE {index} ()"
    )
    same_run = ("zdt.allow_same_run=true",)

    with pytest.raises(DuplicateObjectError, match="RENAME TO") as refused:
        project.upgrade(x=same_run)
    db.execute(refused.value.hint.partition("run: ")[2])
    with pytest.raises(ZdtError, match=key):
        project.upgrade(x=same_run)

    assert not is_spied()
