"""Tables under another name, one of them new."""

import sqlalchemy as sa
from alembic import op

revision = "24aa288df0dd"
down_revision = None


def upgrade():
    op.rename_table("users", "people")  # found: rename-table
    op.rename_table("orders", "purchases", schema="shop")  # found: rename-table, several-tables
    op.create_table("draft", sa.Column("id", sa.Integer()))
    op.rename_table("draft", "final")
    op.create_index("ix", "final", ["id"])


def downgrade():
    pass
