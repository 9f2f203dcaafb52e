"""After one that failed."""

from alembic import op

revision = "2"
down_revision = "1"


def upgrade():
    op.execute("COMMIT")  # found: control-transaction
    op.drop_table("orders")  # found: drop-table


def downgrade():
    pass
