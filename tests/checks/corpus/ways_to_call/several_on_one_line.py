"""Statements with semicolons between them."""

from alembic import op

revision = "8048589bab90"
down_revision = None


def upgrade():
    op.drop_column("users", "a"); op.drop_column("users", "b")  # found: drop-column x2


def downgrade():
    pass
