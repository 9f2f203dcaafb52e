"""Index orders by date."""

from alembic_zdt import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])


def downgrade() -> None:
    op.drop_index_concurrently("ix_orders_placed_at", "orders")
