"""Branches of --sql: the revision runs as it would online."""

from alembic import context, op

revision = "cef9216cca0b"
down_revision = None


def upgrade():
    if context.is_offline_mode():
        op.execute("DROP TABLE orders")  # not looked at: condition of line 10 is false
    else:
        op.drop_column("users", "age")  # found: drop-column
    if op.get_context().as_sql:
        op.drop_table("orders")  # not looked at: condition of line 14 is false


def downgrade():
    pass
