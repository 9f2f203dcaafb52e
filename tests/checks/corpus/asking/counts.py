"""Counts, maxima and what exists: nothing, none and False."""

import sqlalchemy as sa
from alembic import op

revision = "1af9594d0def"
down_revision = None


def upgrade():
    bind = op.get_bind()
    count = bind.execute(sa.text("SELECT count(*) FROM users")).scalar()
    if count > 10_000:
        raise RuntimeError("too many rows for this revision")
    (last,) = bind.execute(sa.text("SELECT max(id) FROM users")).fetchone()
    start = bind.execute(sa.text("SELECT coalesce(max(id), 0) + 1 FROM users")).scalar_one()
    op.execute(f"CREATE SEQUENCE users_id_seq START WITH {start + 1}")
    if not bind.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM users)")):
        op.alter_column("users", "email", nullable=False)  # found: set-not-null
    assert last is None


def downgrade():
    pass
