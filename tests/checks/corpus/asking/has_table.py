"""Only where the table is not there yet: it is not, so it is made."""

import sqlalchemy as sa
from alembic import op

revision = "0f851ea03321"
down_revision = None


def upgrade():
    if not sa.inspect(op.get_bind()).has_table("orders"):
        op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
        op.create_index("ix_orders_id", "orders", ["id"])
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
