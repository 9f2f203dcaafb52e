"""Rows that go all at once."""

from alembic import op

revision = "35703fc33fd4"
down_revision = None


def upgrade():
    op.execute("TRUNCATE TABLE users, orders")  # found: truncate-table x2, several-tables
    op.execute("DELETE FROM items")  # found: change-rows, ddl-and-rows


def downgrade():
    pass
