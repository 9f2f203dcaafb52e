"""Quoted names, by directives and by SQL."""

import sqlalchemy as sa
from alembic import op

revision = "8d87afdb8766"
down_revision = None


def upgrade():
    op.create_table("Order", sa.Column("select", sa.Integer()))
    op.create_index("IX of it", "Order", ["select"])
    op.execute('ALTER TABLE "Order" ALTER COLUMN "select" SET NOT NULL')
    op.execute('CREATE TABLE "a ""b""" (id int); CREATE INDEX ON "a ""b""" (id)')
    op.create_index("ix_b", 'a "b"', ["id"])
    op.execute("CREATE TABLE ITEMS (id int)")
    op.create_index("ix_items", "items", ["id"])


def downgrade():
    pass
