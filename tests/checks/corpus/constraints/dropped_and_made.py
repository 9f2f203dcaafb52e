"""A foreign key with another ON DELETE, as autogenerate writes it."""

from alembic import op

revision = "6c61abdca40e"
down_revision = None


def upgrade():
    op.drop_constraint("fk_orders_buyer", "orders", type_="foreignkey")  # found: drop-foreign-key
    op.create_foreign_key(  # found: add-foreign-key, several-tables
        "fk_orders_buyer", "orders", "users", ["buyer"], ["id"], ondelete="SET NULL"
    )


def downgrade():
    pass
