"""A context manager around statements."""

from contextlib import contextmanager

from alembic import op

revision = "6788f77f8b87"
down_revision = None


@contextmanager
def without_triggers(table):
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # found: disable-trigger
    yield
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def upgrade():
    with without_triggers("users"):
        op.execute("UPDATE users SET email = lower(email)")  # found: change-rows, ddl-and-rows


def downgrade():
    pass
