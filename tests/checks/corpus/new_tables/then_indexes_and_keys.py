"""A table, then its indexes and constraints, as autogenerate writes them."""

import sqlalchemy as sa
from alembic import op

revision = "9beddcd71a9c"
down_revision = None


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_orders_buyer_id"), "orders", ["buyer_id"], unique=False)
    op.create_index("ix_orders_low", "orders", [sa.text("lower(id::text)")])
    op.create_foreign_key(None, "orders", "users", ["buyer_id"], ["id"])
    op.create_unique_constraint("uq_orders", "orders", ["buyer_id", "id"])
    op.create_check_constraint("ck_orders", "orders", "buyer_id > 0")
    op.create_exclude_constraint("ex_orders", "orders", ("buyer_id", "="))


def downgrade():
    pass
