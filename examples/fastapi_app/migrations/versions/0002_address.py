"""Each user has an address of their own.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic_zdt import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Change the schema."""
    op.create_unique_constraint_concurrently("users_email_key", "users", ["email"])
    op.add_not_null_two_phase("users", "email")


def downgrade() -> None:
    """Revert the change."""
    op.drop_not_null("users", "email")
    op.drop_constraint_safely("users_email_key", "users")
