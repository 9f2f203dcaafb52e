"""no negative totals: check constraint on orders.total_cents

Revision ID: 0004
Revises: 0003
Create Date: 2026-02-04 09:00:00
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f("ck_orders_total_not_negative"), "orders", "total_cents >= 0"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_orders_total_not_negative"), "orders", type_="check")
