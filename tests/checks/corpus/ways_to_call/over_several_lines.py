"""The line is that in which the call begins."""

import sqlalchemy as sa
from alembic import op

revision = "23df735ad97a"
down_revision = None


def upgrade():
    op.create_foreign_key(  # found: add-foreign-key
        "fk_orders_buyer",
        "orders",
        "users",
        ["buyer_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.alter_column(  # found: set-not-null
        "orders",
        "buyer_id",
        existing_type=sa.Integer(),
        nullable=False,
    )


def downgrade():
    pass
