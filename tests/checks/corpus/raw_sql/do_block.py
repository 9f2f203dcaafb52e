"""A DO block: what is in it may run, whichever way it goes."""

from alembic import op

revision = "90d5f8165375"
down_revision = None


def upgrade():
    op.execute(  # found: drop-table, drop-column, several-tables
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'orders') THEN
                DROP TABLE orders;
            ELSE
                ALTER TABLE users DROP COLUMN age;
            END IF;
        EXCEPTION WHEN undefined_table THEN
            RAISE NOTICE 'no % here', 'table';
        END
        $$;
        """
    )


def downgrade():
    pass
