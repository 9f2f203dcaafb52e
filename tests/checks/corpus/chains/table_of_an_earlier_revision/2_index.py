"""By now it is used."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.create_index("ix_orders_id_2", "orders", ["id"])  # found: create-index


def downgrade():
    op.drop_index("ix_orders_id_2", "orders")  # back, found: drop-index
