"""A block in another schema, around a table that is new there."""

import sqlalchemy as sa
from alembic import op

revision = "db5e65e93a05"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()), schema="shop")
    with op.batch_alter_table("orders", schema="shop") as batch:
        batch.create_index("ix_orders", ["id"])
    with op.batch_alter_table("orders") as batch:
        batch.create_index("ix_orders", ["id"])  # found: create-index


def downgrade():
    pass
