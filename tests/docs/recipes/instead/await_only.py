"""Rows, with any driver."""

import sqlalchemy as sa
from alembic import op

revision = "await_only"
down_revision = "tables"


def upgrade():
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT name FROM plans"))
    if "free" not in names.scalars().all():
        op.execute("INSERT INTO plans (name) VALUES ('free')")


def downgrade():
    op.irreversible("nothing was kept of it")
