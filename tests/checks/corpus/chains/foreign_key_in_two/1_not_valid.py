"""A foreign key, NOT VALID, then validated in the next revision."""

from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_foreign_key(
        "fk_orders_buyer",
        "orders",
        "users",
        ["buyer_id"],
        ["id"],
        postgresql_not_valid=True,
    )


def downgrade():
    op.drop_constraint("fk_orders_buyer", "orders", type_="foreignkey")  # back, found: drop-foreign-key
