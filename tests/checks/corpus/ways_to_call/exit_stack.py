"""Batches that are left together."""

from contextlib import ExitStack

from alembic import op

revision = "d993afcdd872"
down_revision = None


def upgrade():
    with ExitStack() as stack:
        users = stack.enter_context(op.batch_alter_table("users"))
        users.drop_column("age")  # found: drop-column


def downgrade():
    pass
