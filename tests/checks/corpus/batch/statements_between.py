"""SQL inside the block runs before the block ends."""

import sqlalchemy as sa
from alembic import op

revision = "10d4092dc1b1"
down_revision = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("age", sa.Integer()))
        op.execute("UPDATE orders SET age = 1")  # found: change-rows
        batch.drop_column("size")  # found: drop-column


def downgrade():
    pass
