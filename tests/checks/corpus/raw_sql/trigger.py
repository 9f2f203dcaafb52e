"""Triggers, as audits have them."""

from alembic import op

revision = "e747f6a0daa7"
down_revision = None


def upgrade():
    op.execute(  # found: create-trigger
        "CREATE TRIGGER touch BEFORE UPDATE ON users"
        " FOR EACH ROW EXECUTE FUNCTION touch()"
    )
    op.execute("DROP TRIGGER IF EXISTS touch_old ON users")  # found: drop-trigger


def downgrade():
    pass
