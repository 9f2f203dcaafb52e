"""Whatever is said of PostgreSQL."""

from alembic import op

revision = "4c8396826214"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("orders")  # found: drop-table
    if op.get_context().dialect.name != "postgresql":
        op.drop_table("users")


def downgrade():
    pass
