"""It fails, and the next one is looked at all the same."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column
    raise ValueError("no such row")  # not looked at: no such row


def downgrade():
    pass
