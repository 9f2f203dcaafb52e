"""``op`` under another name."""

from alembic import op as operations

revision = "6f31abeeb00b"
down_revision = None


def upgrade():
    operations.drop_table("orders")  # found: drop-table


def downgrade():
    pass
