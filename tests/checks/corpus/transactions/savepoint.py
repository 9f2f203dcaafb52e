"""A savepoint, which is no transaction of its own."""

from alembic import op

revision = "0555fa566543"
down_revision = None


def upgrade():
    bind = op.get_bind()
    with bind.begin_nested():
        op.drop_column("users", "age")  # found: drop-column
    nested = bind.begin_nested()
    op.drop_column("orders", "age")  # found: drop-column, several-tables
    nested.rollback()
    op.execute("SAVEPOINT here; RELEASE here")


def downgrade():
    pass
