"""A new table is nobody's, but its foreign keys lock those that they refer to."""

import sqlalchemy as sa
from alembic import op

revision = "a8b540a8344e"
down_revision = None


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("buyer", sa.Integer(), sa.ForeignKey("users.id")),
    )
    op.create_table(  # found: several-tables
        "items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order", sa.Integer(), sa.ForeignKey("orders.id")),
        sa.Column("good", sa.Integer()),
        sa.ForeignKeyConstraint(["good"], ["goods.id"], name="fk_items_good"),
    )


def downgrade():
    pass
