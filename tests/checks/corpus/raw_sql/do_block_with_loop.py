"""Loops in a DO block, and their queries."""

from alembic import op

revision = "b2aebfaf742e"
down_revision = None


def upgrade():
    op.execute(  # found: change-rows
        """
        DO $body$
        DECLARE
            each record;
        BEGIN
            FOR each IN SELECT id FROM users LOOP
                UPDATE users SET age = 1 WHERE id = each.id;
            END LOOP;
        END
        $body$ LANGUAGE plpgsql
        """
    )
    op.execute(  # found: change-rows
        """
        DO $$
        DECLARE each record;
        BEGIN
            FOR each IN DELETE FROM users RETURNING id LOOP
                RAISE NOTICE '%', each.id;
            END LOOP;
        END $$
        """
    )


def downgrade():
    pass
