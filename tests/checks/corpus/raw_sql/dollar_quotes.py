"""Strings between dollars, with and without a tag."""

from alembic import op

revision = "284904ef9d7f"
down_revision = None


def upgrade():
    op.execute("UPDATE users SET note = $$it's; DROP TABLE users;$$")  # found: change-rows
    op.execute("UPDATE users SET note = $a$ $$ $a$")  # found: change-rows
    op.execute("COMMENT ON TABLE users IS $x$100%; DROP TABLE users$x$")


def downgrade():
    pass
