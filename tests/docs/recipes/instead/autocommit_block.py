"""A column and its index."""

import sqlalchemy as sa
from alembic import op

revision = "autocommit_block"
down_revision = "tables"


def upgrade():
    op.expand_add_column("orders", sa.Column("weight", sa.Integer()))
    op.create_index_concurrently("ix_orders_weight", "orders", ["weight"])


def downgrade():
    op.drop_index_concurrently("ix_orders_weight", "orders")
    op.contract_drop_column("orders", "weight")
