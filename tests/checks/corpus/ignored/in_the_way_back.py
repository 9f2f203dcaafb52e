"""A comment that is only needed on the way back, and one that nothing needs."""

import sqlalchemy as sa
from alembic import op

revision = "b2233134f8f3"
down_revision = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer()))


def downgrade():
    op.drop_table("orders")  # zdt: ignore[drop-table] nobody uses it yet
