"""A table that is not as it should be until the revision ends."""

import sqlalchemy as sa
from alembic import op

revision = "9a3178c321c8"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))
    op.add_column("orders", sa.Column("code", sa.Text(), nullable=False, unique=True))
    op.add_column("orders", sa.Column("n", sa.Integer(), sa.Identity()))
    op.alter_column("orders", "id", type_=sa.BigInteger(), nullable=False)
    op.alter_column("orders", "code", new_column_name="number")
    op.create_primary_key("pk_orders", "orders", ["id"])
    op.drop_constraint("uq_orders_code", "orders", type_="unique")
    op.drop_column("orders", "n")
    op.rename_table("orders", "purchases")
    op.create_index("ix_purchases_number", "purchases", ["number"])
    op.drop_index("ix_purchases_number")
    op.drop_table("purchases")


def downgrade():
    pass
