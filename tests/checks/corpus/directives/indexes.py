"""Directives of ours for indexes."""

from alembic import op

revision = "cefd3aeea4ef"
down_revision = None


def upgrade():
    op.create_index_concurrently("ix_users_age", "users", ["age"], unique=True)
    op.replace_index_concurrently("ix_users_name", "users", ["name", "id"])
    op.reindex_concurrently("ix_users_email")
    op.drop_index_concurrently("ix_users_size", "users")


def downgrade():
    pass
