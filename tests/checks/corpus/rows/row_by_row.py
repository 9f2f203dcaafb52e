"""Each row for itself: no row is there, so its UPDATE is not seen."""

import sqlalchemy as sa
from alembic import op

revision = "bf4fc123dcec"
down_revision = None


def upgrade():
    bind = op.get_bind()
    for row in bind.execute(sa.text("SELECT id, name FROM users")):
        bind.execute(sa.text("UPDATE users SET name = :n"), {"n": row.name})  # overlooked: change-rows
    op.add_column("users", sa.Column("age", sa.Text(), unique=True))  # found: add-column-unique


def downgrade():
    pass
