"""asyncio inside of upgrade()."""

import asyncio

from alembic import op

revision = "304e960939d9"
down_revision = None

async def away(table):
    op.drop_table(table)  # found: drop-table


def upgrade():
    asyncio.run(away("orders"))  # found: event-loop


def downgrade():
    pass
