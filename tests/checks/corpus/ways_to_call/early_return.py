"""Switched off by a return."""

from alembic import op

revision = "5cf131934a10"
down_revision = None


def upgrade():
    return
    op.drop_table("orders")


def downgrade():
    pass
