"""The module by its whole name."""

import alembic.op

revision = "57b2bf9ea5e9"
down_revision = None


def upgrade():
    alembic.op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
