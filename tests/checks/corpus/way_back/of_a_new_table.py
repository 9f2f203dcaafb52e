"""A table is made, and goes on the way back."""

import sqlalchemy as sa
from alembic import op

revision = "ada24f293225"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_index("ix_orders_id", "orders", ["id"])


def downgrade():
    op.drop_index("ix_orders_id", table_name="orders")
    op.drop_table("orders")  # back, found: drop-table
