"""A backfill."""

from alembic import op

revision = "asyncio_run"
down_revision = "tables"


def upgrade():
    op.backfill("users", {"plan": "'free'"})


def downgrade():
    op.irreversible("which users had no plan is not known")
