"""A worker may not have validated it yet, so the table may be read."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.alter_column("users", "email", nullable=False)  # found: set-not-null


def downgrade():
    op.alter_column("users", "email", nullable=True)  # back, found: drop-not-null
