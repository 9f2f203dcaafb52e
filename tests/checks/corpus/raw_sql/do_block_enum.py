"""The usual way to make a type only once."""

from alembic import op

revision = "2adb9115c343"
down_revision = None


def upgrade():
    op.execute(
        """
        DO $$ BEGIN
            CREATE TYPE kind AS ENUM ('small', 'large');
        EXCEPTION
            WHEN duplicate_object THEN NULL;
        END $$;
        """
    )


def downgrade():
    pass
