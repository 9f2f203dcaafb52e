"""Results in pieces, as dictionaries, and as objects."""

import sqlalchemy as sa
from alembic import op

revision = "a5c0122023cf"
down_revision = None


def upgrade():
    bind = op.get_bind()
    result = bind.execute(sa.text("SELECT id, name FROM users"))
    for part in result.partitions(100):
        raise RuntimeError(part)
    for row in bind.execute(sa.text("SELECT id FROM users")).mappings():
        raise RuntimeError(row["id"])
    names = dict(bind.execute(sa.text("SELECT id, name FROM users")).fetchall())
    ids = bind.scalars(sa.text("SELECT id FROM users")).all()
    first = bind.execute(sa.text("SELECT id FROM users")).first()
    assert (names, ids, first) == ({}, [], None)
    op.drop_column("users", "name")  # found: drop-column


def downgrade():
    pass
