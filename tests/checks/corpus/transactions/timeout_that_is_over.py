"""A timeout that no longer counts, or never counted for this session."""

from alembic import op

revision = "5d0c7be2a914"
down_revision = None


def upgrade():
    op.execute("ALTER ROLE app SET lock_timeout = '1s'")
    op.execute("DROP TRIGGER a ON users")  # found: drop-trigger
    op.execute("SET LOCAL lock_timeout = '1s'")
    op.execute("DROP TRIGGER b ON users")
    with op.get_context().autocommit_block():
        op.execute("ANALYZE users")
    op.execute("DROP TRIGGER c ON users")  # found: drop-trigger
    op.execute("SET lock_timeout = '1s'")
    with op.get_context().autocommit_block():
        op.execute("ANALYZE users")
    op.execute("DROP TRIGGER d ON users")


def downgrade():
    pass
