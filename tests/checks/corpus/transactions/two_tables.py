"""Two tables in one transaction, and each in one of its own."""

import sqlalchemy as sa
from alembic import op

revision = "8b18bac3eba7"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer()))
    op.add_column("orders", sa.Column("age", sa.Integer()))  # found: several-tables
    with op.get_context().autocommit_block():
        op.add_column("items", sa.Column("age", sa.Integer()))  # found: autocommit-block-mixed
    op.add_column("tags", sa.Column("age", sa.Integer()))


def downgrade():
    pass
