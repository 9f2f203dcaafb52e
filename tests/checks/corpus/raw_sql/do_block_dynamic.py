"""SQL that is put together at run time, which nobody can read; constants, one can."""

from alembic import op

revision = "1b46b2d53fd3"
down_revision = None


def upgrade():
    op.execute(  # not looked at: EXECUTE
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', current_setting('x.y')); END $$"
    )
    op.execute(  # found: create-index
        "DO $$ BEGIN EXECUTE 'CREATE INDEX ix ON users (email)'; END $$"
    )
    op.execute(  # not looked at: EXECUTE
        """
        DO $$
        DECLARE each record;
        BEGIN
            FOR each IN EXECUTE 'SELECT * FROM ' || current_setting('x.y') LOOP
                NULL;
            END LOOP;
        END $$
        """
    )


def downgrade():
    pass
