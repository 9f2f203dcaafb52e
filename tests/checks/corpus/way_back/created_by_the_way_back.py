"""A table that the way back makes is nobody's either."""

import sqlalchemy as sa
from alembic import op

revision = "60e8fb1d1850"
down_revision = None


def upgrade():
    op.drop_table("orders")  # found: drop-table


def downgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))
    op.create_index("ix_orders_id", "orders", ["id"])
    op.add_column("users", sa.Column("order", sa.Integer(), sa.ForeignKey("orders.id")))  # back, found: add-column-foreign-key
