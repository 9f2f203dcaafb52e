"""Each row for itself: a made-up row shows its UPDATE."""

import sqlalchemy as sa
from alembic import op

revision = "bf4fc123dcec"
down_revision = None


def upgrade():
    bind = op.get_bind()
    for row in bind.execute(sa.text("SELECT id, name FROM users")):  # not looked at: one made-up row
        bind.execute(sa.text("UPDATE users SET name = :n"), {"n": row.name})  # found: change-rows
    op.add_column("users", sa.Column("age", sa.Text(), unique=True))  # found: add-column-unique


def downgrade():
    pass
