"""A copy of a table: the new one is nobody else's."""

from alembic import op

revision = "9b32a52437e9"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE orders_kept AS SELECT * FROM orders")
    op.create_index("ix_orders_kept", "orders_kept", ["id"])
    op.execute("SELECT * INTO users_kept FROM users")
    op.execute("ALTER TABLE users_kept ADD PRIMARY KEY (id)")
    op.execute("CREATE TEMP TABLE known AS SELECT id FROM users")
    op.execute("DELETE FROM known WHERE id = 1; DROP TABLE known")


def downgrade():
    pass
