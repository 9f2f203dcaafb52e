"""Some statements in one string, of which some are harmless."""

from alembic import op

revision = "8bda38f2efa8"
down_revision = None


def upgrade():
    op.execute(  # found: set-not-null, drop-column
        """
        SET LOCAL lock_timeout = '2s';
        ALTER TABLE users ADD COLUMN age int;  -- fine; and a ; in a comment
        /* neither is this; */
        ALTER TABLE users
            ALTER COLUMN email SET NOT NULL,
            DROP COLUMN size;
        COMMENT ON COLUMN users.age IS 'in years; since birth';
        """
    )


def downgrade():
    pass
