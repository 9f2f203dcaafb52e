"""The root of two branches."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = ("shop",)


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("orders")  # back, found: drop-table
