"""A table that is new here, and nowhere else."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))
    op.create_index("ix_orders_id", "orders", ["id"])


def downgrade():
    op.drop_table("orders")  # back, found: drop-table
