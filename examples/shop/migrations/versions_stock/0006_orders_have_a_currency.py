"""orders have a currency: NOT NULL on orders.currency

Revision ID: 0006
Revises: 0005
Create Date: 2026-02-06 09:00:00
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("orders", "currency", nullable=False)


def downgrade() -> None:
    op.alter_column("orders", "currency", nullable=True)
