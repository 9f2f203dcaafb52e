"""A block for each table; the second one holds the locks of the first."""

import sqlalchemy as sa
from alembic import op

revision = "df37031ba496"
down_revision = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("age", sa.Integer()))
    with op.batch_alter_table("orders") as batch:
        batch.add_column(sa.Column("note", sa.Text()))  # found: several-tables
        batch.create_unique_constraint("uq_orders_note", ["note"])  # found: add-unique


def downgrade():
    pass
