"""It proves nothing, so the table is read."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.alter_column("users", "email", nullable=False)  # found: set-not-null


def downgrade():
    op.alter_column("users", "email", nullable=True)  # back, found: drop-not-null
