"""CONCURRENTLY where PostgreSQL refuses it."""

from alembic import op

revision = "7389e43284cf"
down_revision = None


def upgrade():
    op.create_index("ix", "users", ["age"], postgresql_concurrently=True)  # found: concurrently-in-transaction
    op.drop_index("iy", table_name="users", postgresql_concurrently=True)  # found: concurrently-in-transaction
    op.execute("DROP INDEX CONCURRENTLY IF EXISTS iz")  # found: concurrently-in-transaction


def downgrade():
    pass
