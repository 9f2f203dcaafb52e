"""CONCURRENTLY where it belongs."""

from alembic import op

revision = "5403a4629006"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix", "users", ["age"], postgresql_concurrently=True)
        op.drop_index("iy", table_name="users", postgresql_concurrently=True)
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS iz ON users (email)")  # found: concurrent-index-if-not-exists
        op.execute("REINDEX INDEX CONCURRENTLY iz")
        op.execute("VACUUM (ANALYZE) users")


def downgrade():
    pass
