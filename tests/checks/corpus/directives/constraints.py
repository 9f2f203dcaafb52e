"""Directives of ours for constraints."""

from alembic import op

revision = "ae117192ba31"
down_revision = None


def upgrade():
    op.create_check_constraint_two_phase("ck_users_age", "users", "age > 0")
    op.create_foreign_key_two_phase("fk_orders_buyer", "orders", "users", ["buyer"], ["id"])
    op.create_unique_constraint_concurrently("uq_users_email", "users", ["email"])
    op.create_primary_key_concurrently("pk_users", "users", ["id"])
    op.validate_constraint("ck_users_size", "users")
    op.add_not_null_two_phase("users", "email")
    op.drop_not_null("users", "size")
    op.drop_constraint_safely("ck_users_age", "users")


def downgrade():
    pass
