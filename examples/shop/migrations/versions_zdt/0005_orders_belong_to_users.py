"""orders belong to users: foreign key on orders.user_id

Revision ID: 0005
Revises: 0004
Create Date: 2026-02-05 09:00:00
"""

from __future__ import annotations

from alembic_zdt import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_foreign_key_two_phase(
        "fk_orders_user_id_users", "orders", "users", ["user_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint_safely("fk_orders_user_id_users", "orders", type_="foreignkey")
