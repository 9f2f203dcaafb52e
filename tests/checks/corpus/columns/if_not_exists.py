"""Newer options of Alembic."""

import sqlalchemy as sa
from alembic import op

revision = "0e8160131558"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer(), nullable=False), if_not_exists=True)  # found: add-column-not-null
    op.create_index("ix", "users", ["age"], if_not_exists=True)  # found: create-index
    op.drop_index("iy", "users", if_exists=True)  # found: drop-index
    op.drop_constraint("ck", "users", if_exists=True)
    op.drop_table("orders", if_exists=True)  # found: drop-table, several-tables


def downgrade():
    pass
