"""BEGIN and COMMIT around statements in one string."""

from alembic import op

revision = "65dda5ef211d"
down_revision = None


def upgrade():
    op.execute(  # found: control-transaction x2, drop-column
        "BEGIN; ALTER TABLE users DROP COLUMN age; COMMIT;"
    )


def downgrade():
    pass
