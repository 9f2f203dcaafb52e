"""A column that is filled and NOT NULL."""

import sqlalchemy as sa
from alembic import op

revision = "one_update"
down_revision = "tables"


def upgrade():
    op.add_column("users", sa.Column("login", sa.Text(), nullable=True))
    op.execute("UPDATE users SET login = lower(email)")
    op.alter_column("users", "login", nullable=False)


def downgrade():
    op.irreversible("nothing was kept of it")
