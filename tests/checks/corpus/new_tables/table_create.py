"""The method of a table."""

import sqlalchemy as sa
from alembic import op

revision = "a3c4ca059cc5"
down_revision = None


def upgrade():
    orders = sa.Table("orders", sa.MetaData(), sa.Column("id", sa.Integer, index=True))
    orders.create(op.get_bind(), checkfirst=True)
    op.create_index("ix_orders_more", "orders", ["id"], unique=True)


def downgrade():
    pass
