"""Create the table orders."""

import sqlalchemy as sa

from alembic_zdt import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("placed_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("orders")  # zdt: ignore[drop-table] the first revision
