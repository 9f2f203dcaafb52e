"""Columns that every table gets."""

import sqlalchemy as sa
from alembic import op

revision = "4ba9d360b0bd"
down_revision = None


def timestamps():
    return [
        sa.Column("created_at", sa.DateTime(), server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(), server_default=sa.func.now()),
    ]


def upgrade():
    for column in timestamps():
        op.add_column("users", column)
    op.create_index("ix_users_created_at", "users", ["created_at"])  # found: create-index


def downgrade():
    pass
