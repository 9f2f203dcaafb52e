"""One branch."""

from alembic import op

revision = "2l"
down_revision = "1"


def upgrade():
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
