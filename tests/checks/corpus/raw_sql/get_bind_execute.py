"""Through the connection."""

import sqlalchemy as sa
from alembic import op

revision = "2af94bbd3e80"
down_revision = None


def upgrade():
    bind = op.get_bind()
    bind.execute(sa.text("ALTER TABLE users ALTER COLUMN age TYPE bigint"))  # found: alter-column-type
    bind.execute(sa.DDL("ALTER TABLE %(t)s DROP COLUMN a", context={"t": "users"}))  # found: drop-column
    bind.exec_driver_sql("ALTER TABLE users RENAME COLUMN a TO b")  # found: rename-column
    op.get_context().connection.execute(sa.text("ALTER TABLE users RENAME TO people"))  # found: rename-table
    op.get_context().bind.execute(sa.text("DROP INDEX ix_users_age"))  # found: drop-index
    op.get_context().impl.execute("DROP INDEX ix_users_size")  # found: drop-index


def downgrade():
    pass
