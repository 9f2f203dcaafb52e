"""There is no way back, and the revision says so."""

from alembic import op

revision = "69677a693931"
down_revision = None


def upgrade():
    op.execute("DELETE FROM users WHERE name IS NULL")  # found: change-rows


def downgrade():
    raise NotImplementedError("the rows are gone")  # back, not looked at: the rows are gone
