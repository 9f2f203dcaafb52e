"""Rows that an async driver brings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.util import await_only

revision = "await_only"
down_revision = "tables"


def upgrade():
    connection = op.get_bind()
    names = await_only(connection.execute(sa.text("SELECT name FROM plans")))
    if "free" not in names.scalars().all():
        op.execute("INSERT INTO plans (name) VALUES ('free')")


def downgrade():
    op.irreversible("nothing was kept of it")
