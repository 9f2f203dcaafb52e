"""Helpers over keys that a query gives."""

import sqlalchemy as sa
from alembic import op

revision = "c1900b03df3d"
down_revision = None


def chunks(keys, size=100):
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def upgrade():
    bind = op.get_bind()
    keys = [row[0] for row in bind.execute(sa.text("SELECT id FROM users")).fetchall()]  # not looked at: one made-up row
    for some in chunks(keys):
        bind.execute(sa.text("DELETE FROM users WHERE id = ANY(:ids)"), {"ids": some})  # found: change-rows


def downgrade():
    pass
