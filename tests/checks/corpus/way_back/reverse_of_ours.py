"""The reverse of directives."""

from alembic import op

revision = "e9b6bb2ebe20"
down_revision = None


def upgrade():
    op.create_index_concurrently("ix_users_age", "users", ["age"])
    op.add_not_null_two_phase("users", "age")


def downgrade():
    op.drop_not_null("users", "age")
    op.drop_index_concurrently("ix_users_age", "users")
