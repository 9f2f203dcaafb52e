"""LIKE copies the definition, and locks nothing."""

from alembic import op

revision = "903f6fc01908"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE orders_2 (LIKE orders INCLUDING ALL)")
    op.execute("ALTER TABLE orders_2 ALTER COLUMN id TYPE bigint")
    op.rename_table("orders_2", "orders_3")
    op.execute("INSERT INTO orders_3 SELECT * FROM orders")


def downgrade():
    pass
