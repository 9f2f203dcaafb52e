"""The connection of the driver is switched to autocommit."""

from alembic import op

revision = "5739160ba2cd"
down_revision = None


def upgrade():
    raw = op.get_bind().connection.driver_connection
    raw.autocommit = True
    raw.execute("CREATE INDEX CONCURRENTLY ix ON users (age)")
    raw.autocommit = False
    op.execute("CREATE INDEX CONCURRENTLY iy ON users (age)")  # found: concurrently-in-transaction, autocommit-block-mixed


def downgrade():
    pass
