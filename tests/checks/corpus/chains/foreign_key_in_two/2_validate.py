"""The rows are read, while others write."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.validate_constraint("fk_orders_buyer", "orders")


def downgrade():
    pass
