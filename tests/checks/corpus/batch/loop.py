"""The same block for each table."""

import sqlalchemy as sa
from alembic import op

revision = "25afb14f855d"
down_revision = None

TABLES = {"users": "age", "orders": "note"}


def upgrade():
    for table, column in TABLES.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)  # found: drop-column x2, several-tables


def downgrade():
    for table, column in TABLES.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.Text()))  # back, found: several-tables
