"""The other root."""

from alembic import op

revision = "b"
down_revision = None
branch_labels = ("orders",)


def upgrade():
    op.drop_table("orders")  # found: drop-table


def downgrade():
    pass
