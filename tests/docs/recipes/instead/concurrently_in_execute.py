"""An index."""

from alembic import op

revision = "concurrently_in_execute"
down_revision = "tables"


def upgrade():
    op.create_index_concurrently("ix_orders_user_id", "orders", ["user_id"])


def downgrade():
    op.drop_index_concurrently("ix_orders_user_id", "orders")
