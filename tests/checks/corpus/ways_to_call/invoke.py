"""Objects of operations, without directives."""

from alembic import op
from alembic.operations import ops

revision = "4fee03a74290"
down_revision = None


def upgrade():
    op.invoke(ops.CreateIndexOp("ix_users_age", "users", ["age"]))  # found: create-index
    op.invoke(ops.DropColumnOp("users", "size"))  # found: drop-column


def downgrade():
    pass
