"""Words on the way."""

import logging

from alembic import op

revision = "af438160c31c"
down_revision = None


def upgrade():
    logger = logging.getLogger("alembic.runtime.migration.shop")

    print("dropping ...")
    logger.info("dropping %s", "orders")
    op.drop_table("orders")  # found: drop-table
    op.execute("DO $$ BEGIN RAISE NOTICE 'dropped'; END $$")


def downgrade():
    pass
