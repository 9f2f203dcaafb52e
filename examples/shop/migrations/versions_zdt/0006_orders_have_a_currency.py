"""orders have a currency: NOT NULL on orders.currency

Revision ID: 0006
Revises: 0005
Create Date: 2026-02-06 09:00:00
"""

from __future__ import annotations

from alembic_zdt import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_not_null_two_phase("orders", "currency")


def downgrade() -> None:
    op.drop_not_null("orders", "currency")
