"""Statements that a generator yields."""

from alembic import op

revision = "ff2aa24c332d"
down_revision = None


def statements():
    for table in ("users", "orders"):
        yield f"ALTER TABLE {table} ADD COLUMN seen timestamptz"
        yield f"CREATE INDEX ON {table} (seen)"


def upgrade():
    for statement in statements():
        op.execute(statement)  # found: create-index x2, several-tables


def downgrade():
    pass
