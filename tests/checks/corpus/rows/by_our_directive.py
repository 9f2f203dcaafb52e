"""Batches that are committed one by one."""

import sqlalchemy as sa
from alembic import op

revision = "f7bc73b0400c"
down_revision = None


def upgrade():
    op.expand_add_column("users", sa.Column("age", sa.Integer()))
    op.backfill("users", {"age": "0"}, where="age IS NULL")
    op.add_not_null_two_phase("users", "age")


def downgrade():
    pass
