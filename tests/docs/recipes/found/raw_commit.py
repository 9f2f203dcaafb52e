"""An index after a COMMIT."""

from alembic import op

revision = "raw_commit"
down_revision = "tables"


def upgrade():
    op.execute("COMMIT")
    op.create_index("ix_total", "orders", ["total"], postgresql_concurrently=True)


def downgrade():
    op.irreversible("nothing was kept of it")
