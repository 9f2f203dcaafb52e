"""What a role without rights on a table does must not change what we do with it."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UsageError

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
