"""index of users.email"""

from __future__ import annotations

from alembic_zdt import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_index_concurrently("ix_users_email", "users", ["email"])


def downgrade():
    op.drop_index_concurrently("ix_users_email", table_name="users")
