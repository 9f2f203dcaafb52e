"""Columns that go, one by one and together."""

from alembic import op

revision = "114ea167704b"
down_revision = None


def upgrade():
    op.drop_column("users", "a")  # found: drop-column
    op.drop_column("users", "b", schema="shop", mssql_drop_default=True)  # found: drop-column, several-tables
    op.execute("ALTER TABLE users DROP a, DROP COLUMN IF EXISTS b CASCADE")  # found: drop-column x2


def downgrade():
    pass
