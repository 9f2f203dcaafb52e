"""psycopg's own way to begin one."""

from alembic import op

revision = "056aa58fcf27"
down_revision = None


def upgrade():
    raw = op.get_bind().connection.driver_connection
    with raw.transaction():
        raw.execute("ALTER TABLE users DROP COLUMN age")  # found: drop-column
    raw.commit()


def downgrade():
    pass
