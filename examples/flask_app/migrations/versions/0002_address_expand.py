"""Rename email to address: expand.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic_zdt import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Change the schema."""
    op.expand_rename_column("users", "email", "address")


def downgrade() -> None:
    """Revert the change."""
    op.contract_rename_column("users", "address", "email")
