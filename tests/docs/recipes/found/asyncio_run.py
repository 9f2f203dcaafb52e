"""A coroutine in a revision."""

import asyncio

import sqlalchemy as sa
from alembic import op

revision = "asyncio_run"
down_revision = "tables"


async def fill(connection):
    connection.execute(sa.text("UPDATE users SET plan = 'free'"))


def upgrade():
    asyncio.run(fill(op.get_bind()))


def downgrade():
    op.irreversible("nothing was kept of it")
