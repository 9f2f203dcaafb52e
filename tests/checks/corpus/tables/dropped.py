"""Tables that go."""

from alembic import op

revision = "996575969e62"
down_revision = None


def upgrade():
    op.drop_table("orders")  # found: drop-table
    op.execute("DROP TABLE IF EXISTS items, shop.tags CASCADE")  # found: drop-table x2, several-tables x2


def downgrade():
    pass
