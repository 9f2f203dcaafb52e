"""What a role without rights on a table does must not change what we do with it."""

from __future__ import annotations

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
