"""A coroutine that wants the asynchronous connection: there is none without a server."""

from alembic import op
import sqlalchemy as sa

revision = "9cdba709634c"
down_revision = None

async def fill(connection):
    await connection.execute(sa.text("UPDATE users SET age = 1"))


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer()))
    op.run_async(fill)  # not looked at: it fails without a database; overlooked: change-rows


def downgrade():
    pass
