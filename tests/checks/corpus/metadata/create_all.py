"""All tables of a MetaData at once."""

import sqlalchemy as sa
from alembic import op

revision = "55e6d9f4982c"
down_revision = None

metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("buyer_id", sa.ForeignKey("users.id"), index=True),
    sa.Index("ix_orders_both", "id", "buyer_id", unique=True),
)


def upgrade():
    metadata.create_all(op.get_bind())  # found: create-all


def downgrade():
    metadata.drop_all(op.get_bind())  # back, found: create-all; back, overlooked: drop-table
