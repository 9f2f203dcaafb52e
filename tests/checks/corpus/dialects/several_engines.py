"""Names of engines, as the multidb template has them."""

from alembic import op

revision = "952bc1d3a1c8"
down_revision = None


def upgrade(engine_name="shop"):
    globals()[f"upgrade_{engine_name}"]()


def upgrade_shop():
    op.drop_table("orders")  # found: drop-table


def upgrade_archive():
    op.drop_table("users")


def downgrade(engine_name="shop"):
    pass
