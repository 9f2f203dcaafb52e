"""One statement for several tables: each is another finding, and another lock."""

import sqlalchemy as sa
from alembic import op

revision = "bf86c141b149"
down_revision = None

TABLES = ["users", "orders", "items"]


def upgrade():
    for table in TABLES:
        op.add_column(table, sa.Column("tenant_id", sa.Integer()))  # found: several-tables x2
    for table in TABLES:
        op.create_index(f"ix_{table}_tenant_id", table, ["tenant_id"])  # found: create-index x3


def downgrade():
    pass
