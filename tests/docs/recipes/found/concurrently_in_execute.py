"""An index as text of SQL."""

from alembic import op

revision = "concurrently_in_execute"
down_revision = "tables"


def upgrade():
    op.execute("CREATE INDEX CONCURRENTLY ix_orders_user_id ON orders (user_id)")


def downgrade():
    op.irreversible("nothing was kept of it")
