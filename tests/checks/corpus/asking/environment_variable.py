"""A switch in the environment."""

import os

from alembic import op

revision = "91290e64c2e4"
down_revision = None


def upgrade():
    # environment: SHOP_DROPS_ORDERS=yes
    if os.environ.get("SHOP_DROPS_ORDERS") == "yes":
        op.drop_table("orders")  # found: drop-table
    if os.getenv("SHOP_DROPS_USERS"):
        op.drop_table("users")  # not looked at: condition of line 15 is false


def downgrade():
    pass
