"""ADD VALUE leaves the transaction, as the value may not be used before."""

from alembic import op

revision = "a29950537447"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'huge' AFTER 'large'")
    op.execute("UPDATE users SET kind = 'huge' WHERE size > 9000")  # found: change-rows


def downgrade():
    pass
