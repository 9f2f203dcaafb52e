"""Make the table.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic_zdt import op

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String()),
    )


def downgrade() -> None:
    """Revert the change."""
    op.drop_table("users")
