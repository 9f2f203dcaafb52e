"""A column, and an index in an autocommit block."""

import sqlalchemy as sa
from alembic import op

revision = "autocommit_block"
down_revision = "tables"


def upgrade():
    op.add_column("orders", sa.Column("weight", sa.Integer()))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_orders_weight", "orders", ["weight"], postgresql_concurrently=True
        )


def downgrade():
    op.irreversible("nothing was kept of it")
