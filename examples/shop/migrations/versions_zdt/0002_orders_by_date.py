"""orders by date: index on orders.placed_at

Revision ID: 0002
Revises: 0001
Create Date: 2026-02-02 09:00:00
"""

from __future__ import annotations

from alembic_zdt import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index_concurrently("ix_orders_placed_at", "orders", ["placed_at"])


def downgrade() -> None:
    op.drop_index_concurrently("ix_orders_placed_at", "orders")
