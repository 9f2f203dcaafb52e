"""A COMMIT of one's own."""

from alembic import op

revision = "f3f5f7426db7"
down_revision = None


def upgrade():
    op.execute("COMMIT")  # found: control-transaction
    op.execute("CREATE INDEX CONCURRENTLY ix ON users (age)")  # found: concurrently-in-transaction
    op.execute("BEGIN")  # found: control-transaction


def downgrade():
    pass
