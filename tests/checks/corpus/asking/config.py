"""Options of alembic.ini."""

from alembic import context, op

revision = "a47f09d4f3bf"
down_revision = None


def upgrade():
    assert context.config.get_main_option("script_location")
    assert op.get_context().config is context.config
    schema = context.config.get_main_option("shop_schema", "shop")
    op.drop_table("orders", schema=schema)  # found: drop-table


def downgrade():
    pass
