"""An index."""

from alembic import op

revision = "raw_commit"
down_revision = "tables"


def upgrade():
    op.create_index_concurrently("ix_total", "orders", ["total"])


def downgrade():
    op.drop_index_concurrently("ix_total", "orders")
