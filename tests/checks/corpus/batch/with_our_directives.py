"""Directives of ours beside a block."""

import sqlalchemy as sa
from alembic import op

revision = "d3aa5f4203e9"
down_revision = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("age", sa.Integer()))
    op.create_index_concurrently("ix_users_age", "users", ["age"])  # found: change-before-directive
    op.add_not_null_two_phase("users", "age")


def downgrade():
    pass
