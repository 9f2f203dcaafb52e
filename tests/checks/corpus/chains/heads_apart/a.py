"""A root of its own: there are two heads."""

from alembic import op

revision = "a"
down_revision = None
branch_labels = ("users",)


def upgrade():
    op.drop_table("users")  # found: drop-table


def downgrade():
    pass
