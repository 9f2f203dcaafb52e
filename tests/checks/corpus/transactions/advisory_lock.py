"""A lock against other runs."""

import sqlalchemy as sa
from alembic import op

revision = "1e9682a90879"
down_revision = None


def upgrade():
    bind = op.get_bind()
    bind.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": 4711})
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
