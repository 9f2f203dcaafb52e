"""A directive without ``op``."""

from alembic.op import drop_table

revision = "030e3b56ad9d"
down_revision = None


def upgrade():
    drop_table("orders")  # found: drop-table


def downgrade():
    pass
