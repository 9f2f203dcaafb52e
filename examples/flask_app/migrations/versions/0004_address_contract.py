"""Rename email to address: contract.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic_zdt import op

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Change the schema."""
    op.contract_rename_column("users", "email", "address")


def downgrade() -> None:
    """Revert the change."""
    op.expand_rename_column("users", "address", "email")
    op.migrate_rename_column("users", "address", "email")
