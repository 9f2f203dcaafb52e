"""In a schema that is not the default one; "public" is the same as none."""

import sqlalchemy as sa
from alembic import op

revision = "f6d6b7ce4d84"
down_revision = None


def upgrade():
    op.execute("CREATE SCHEMA IF NOT EXISTS shop")
    op.create_table("orders", sa.Column("id", sa.Integer()), schema="shop")
    op.create_index("ix_orders_id", "orders", ["id"], schema="shop")
    op.drop_index("ix_orders_id", table_name="orders", schema="shop")
    op.create_table("items", sa.Column("id", sa.Integer()), schema="public")
    op.create_index("ix_items_id", "items", ["id"])


def downgrade():
    pass
