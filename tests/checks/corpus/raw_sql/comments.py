"""Comments of SQL, nested and before all."""

from alembic import op

revision = "310467b6e36d"
down_revision = None


def upgrade():
    op.execute("-- DROP TABLE users;\nSELECT 1")
    op.execute("/* a /* nested */ comment */ DROP TABLE orders")  # found: drop-table
    op.execute("/* 50% :nothing */ -- it's\nALTER TABLE orders DROP COLUMN a")  # not looked at: bind parameter 'nothing'


def downgrade():
    pass
