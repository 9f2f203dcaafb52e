"""A new column is filled: the new column is free, the UPDATE is not."""

import sqlalchemy as sa
from alembic import op

revision = "787197cf434e"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer(), nullable=True))
    op.execute("UPDATE users SET age = 0")  # found: change-rows, ddl-and-rows
    op.alter_column("users", "age", nullable=False)  # found: set-not-null


def downgrade():
    pass
